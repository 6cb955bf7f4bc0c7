/** Tables of records, which come by pages. */

import { html, nothing, type TemplateResult } from "lit";

import { t } from "../i18n/text";

/** Return a table. A title that is null is that of the column with the buttons. `kind`: its class. */
export function recordsTable(
  titles: readonly (string | null)[],
  rows: unknown,
  kind = "",
): TemplateResult {
  return html`<table class="records ${kind}">
    <thead>
      <tr>
        ${titles.map(
          (each) =>
            html`<th scope="col">
              ${each ?? html`<span class="unseen">${t("office.actions")}</span>`}
            </th>`,
        )}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

/** Return the button for the next page; nothing if there is none. */
export function moreButton(
  nextCursor: string | null,
  isBusy: boolean,
  onMore: () => void,
): TemplateResult | typeof nothing {
  if (nextCursor === null) return nothing;
  return html`<wa-button size="s" ?loading=${isBusy} @click=${onMore}>${t("office.more")}</wa-button>`;
}
