/** What an import would do: the faults by line, or the accounts. */

import { html, nothing, type TemplateResult } from "lit";

import type { components } from "../../api/schema";
import { t } from "../../i18n/text";
import type { CheckedAccount } from "./account-list";
import { recordsTable } from "../../parts/records";

type Checked = components["schemas"]["CheckedAccountFile"];

const MOST_ROWS = 100; // of the table; who wants to see all has the file

/** Return every fault, or the first accounts. */
export function preview(checked: Checked): TemplateResult {
  return checked.faults.length ? faults(checked) : accounts(checked.accounts);
}

function faults(checked: Checked): TemplateResult {
  return html`<wa-callout variant="danger" size="s" role="alert">
    <p>${t("import.faults")}</p>
    <ul class="faults">
      ${checked.faults.map(
        ({ line, column, message }) =>
          html`<li>
            <strong
              >${column ? t("import.faultIn", { line, column }) : t("import.fault", { line })}:</strong
            >
            ${message}
          </li>`,
      )}
    </ul>
  </wa-callout>`;
}

function accounts(found: readonly CheckedAccount[]): TemplateResult {
  const more = found.length - MOST_ROWS;
  return html`${accountTable(found.slice(0, MOST_ROWS), originOfPassword)}
  ${more > 0 ? html`<p class="quiet">${t("import.andMore", { count: more })}</p>` : nothing}`;
}

function originOfPassword(account: CheckedAccount): TemplateResult {
  return account.exists
    ? html`<wa-tag size="s" variant="warning">${t("import.exists")}</wa-tag>`
    : html`${t(account.generated ? "import.generated" : "import.ofFile")}`;
}

/** Return the password if it was generated. */
export function issuedPassword(account: CheckedAccount): TemplateResult {
  return account.generated
    ? html`<code class="issued-password">${account.password}</code>`
    : html`${t("import.ofFile")}`;
}

/** Return the accounts as a table; `passwordOf` fills the column of the password. */
export function accountTable(
  accounts: readonly CheckedAccount[],
  passwordOf: (account: CheckedAccount) => TemplateResult,
): TemplateResult {
  return recordsTable(
    [
      t("import.line"),
      t("office.displayName"),
      t("office.identifier"),
      t("office.role"),
      t("office.password"),
    ],
    accounts.map(
      (each) =>
        html`<tr>
          <td class="quiet">${each.line}</td>
          <th scope="row"><bdi>${each.display_name || each.identifier}</bdi></th>
          <td><code>${each.identifier}</code></td>
          <td>${t(`role.${each.role}`)}</td>
          <td>${passwordOf(each)}</td>
        </tr>`,
    ),
  );
}
