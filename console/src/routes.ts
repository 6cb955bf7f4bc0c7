/** The pages, and who sees them. Each page's code is loaded when it is first opened. */

import { html, type TemplateResult } from "lit";
import { until } from "lit/directives/until.js";

import type { Account, ConsoleSession } from "./api/client";
import type { TextKey } from "./i18n/text";

export interface PageRoute {
  path: string;
  title: TextKey;
  roles: readonly Account["role"][];
  render(account: Account, session: ConsoleSession): TemplateResult;
}

const EVERYBODY = ["admin", "teacher", "student"] as const;

/** Show a page when its code is there. */
function loaded(code: Promise<unknown>, page: TemplateResult): TemplateResult {
  return html`${until(
    code.then(() => page),
    html`<wa-spinner></wa-spinner>`,
  )}`;
}

const PAGES: readonly PageRoute[] = [
  {
    path: "/people",
    title: "office.people",
    roles: ["admin"],
    render: (account) =>
      loaded(import("./pages/people"), html`<cg-people .account=${account}></cg-people>`),
  },
  {
    path: "/account",
    title: "app.account",
    roles: EVERYBODY,
    render: (_, session) =>
      loaded(import("./pages/account"), html`<cg-account .session=${session}></cg-account>`),
  },
];

/** The only page of an admin who has to set up a second factor first. */
export function secondFactorPage(session: ConsoleSession): TemplateResult {
  return loaded(
    import("./pages/second-factor"),
    html`<cg-second-factor .session=${session}></cg-second-factor>`,
  );
}

/** Return the pages of the navigation for this account. */
export function pagesFor(account: Account): PageRoute[] {
  return PAGES.filter((each) => each.roles.includes(account.role));
}

/** Return the page of the path, the first one at `/`; undefined if there is none for the account. */
export function pageOf(path: string, account: Account): PageRoute | undefined {
  const pages = pagesFor(account);
  return path === "/" ? pages[0] : pages.find((each) => each.path === path);
}
