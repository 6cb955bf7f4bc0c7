/** The pages, and who sees them. Each page's code is loaded when it is first opened. */

import { html, type TemplateResult } from "lit";

import type { Account, ConsoleSession } from "./api/client";
import type { TextKey } from "./i18n/text";
import { decoded } from "./parts/decoded";
import { loaded } from "./parts/loaded";

export interface PageRoute {
  path: string;
  title: TextKey;
  roles: readonly Account["role"][];
  /** `below`: the address behind the path, such as `7/roster`; empty if there is none. */
  render(account: Account, session: ConsoleSession, below: string): TemplateResult;
  /** Whether there are pages below the path. */
  hasBelow?: boolean;
}

const EVERYBODY = ["admin", "teacher", "student"] as const;

function classes(account: Account, below: string): TemplateResult {
  if (below === "" || below === "over") {
    return loaded(
      "cg-classes",
      import("./pages/classes"),
      html`<cg-classes .account=${account} ?over=${below === "over"}></cg-classes>`,
    );
  }
  if (below === "new") {
    return loaded("cg-new-class", import("./pages/new-class"), html`<cg-new-class></cg-new-class>`);
  }
  return loaded(
    "cg-class",
    import("./pages/class"),
    html`<cg-class .account=${account} .path=${below}></cg-class>`,
  );
}

/** `#/people/find/amy` looks for one person. */
const FIND = "find/";

function people(account: Account, below: string): TemplateResult {
  if (below === "import") {
    return loaded(
      "cg-import-people",
      import("./pages/import-people"),
      html`<cg-import-people owner=${account.identifier}></cg-import-people>`,
    );
  }
  if (below === "invitations") {
    return loaded(
      "cg-invitations",
      import("./pages/invitations"),
      html`<cg-invitations></cg-invitations>`,
    );
  }
  return loaded(
    "cg-people",
    import("./pages/people"),
    html`<cg-people
      .account=${account}
      .who=${below.startsWith(FIND) ? decoded(below.slice(FIND.length)) : ""}
    ></cg-people>`,
  );
}

const PAGES: readonly PageRoute[] = [
  {
    path: "/people",
    title: "office.people",
    roles: ["admin"],
    hasBelow: true,
    render: (account, _, below) => people(account, below),
  },
  {
    path: "/classes",
    title: "classes.title",
    roles: EVERYBODY,
    hasBelow: true,
    render: (account, _, below) => classes(account, below),
  },
  {
    path: "/explain",
    title: "explain.title",
    roles: ["admin"],
    render: () =>
      loaded("cg-explain", import("./pages/explain"), html`<cg-explain></cg-explain>`),
  },
  {
    path: "/refusals",
    title: "refusals.title",
    roles: ["admin"],
    render: () =>
      loaded("cg-refusals", import("./pages/refusals"), html`<cg-refusals></cg-refusals>`),
  },
  {
    path: "/audit",
    title: "audit.title",
    roles: ["admin"],
    render: () => loaded("cg-audit", import("./pages/audit"), html`<cg-audit></cg-audit>`),
  },
  {
    path: "/status",
    title: "status.title",
    roles: ["admin"],
    render: () => loaded("cg-status", import("./pages/status"), html`<cg-status></cg-status>`),
  },
  {
    path: "/account",
    title: "app.account",
    roles: EVERYBODY,
    render: (_, session) =>
      loaded(
        "cg-account",
        import("./pages/account"),
        html`<cg-account .session=${session}></cg-account>`,
      ),
  },
];

/** The page behind the link of an invitation, for whoever has no account; null for others. */
export function joinPage(path: string, account: Account | null): TemplateResult | null {
  const [page, query] = path.split("?", 2);
  if (page !== "/join") return null;
  const invitation = new URLSearchParams(query).get("invitation") ?? "";
  return loaded(
    "cg-join",
    import("./pages/join"),
    html`<cg-join .invitation=${invitation} .account=${account}></cg-join>`,
  );
}

/** The only page of an admin who has to set up a second factor first. */
export function secondFactorPage(session: ConsoleSession): TemplateResult {
  return loaded(
    "cg-second-factor",
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
  return path === "/" ? pages[0] : pages.find((each) => isWithin(path, each));
}

/** Whether a path is that of the page, or below it. */
function isWithin(path: string, page: PageRoute): boolean {
  return path === page.path || (page.hasBelow === true && path.startsWith(`${page.path}/`));
}

/** Render a page for a path of it. */
export function renderPage(
  page: PageRoute,
  path: string,
  session: ConsoleSession,
): TemplateResult {
  const below = path.startsWith(`${page.path}/`) ? path.slice(page.path.length + 1) : "";
  return page.render(session.account, session, below);
}
