/** Give somebody who forgot theirs a new password. */

import { html } from "lit";
import { customElement, state } from "lit/decorators.js";

import { api, type ManagedAccount, read } from "../../api/client";
import { t } from "../../i18n/text";
import { FormDialog } from "../../parts/dialog";
import { removeSheet } from "../../parts/print";
import { passwordBox } from "../../parts/slips";

@customElement("cg-password-dialog")
export class PasswordDialog extends FormDialog<ManagedAccount> {
  @state() private password = "";

  protected override forget(): void {
    this.password = "";
    removeSheet();
  }

  protected heading(person: ManagedAccount): string {
    return t("office.resetOf", { name: nameOf(person) });
  }

  protected content(person: ManagedAccount) {
    const { identifier } = person;
    if (person.role === "admin") {
      return html`<p>${t("office.adminReset", { name: identifier })}</p>
        ${this.closeButton()}`;
    }
    const displayName = nameOf(person);
    if (this.password) {
      return html`${passwordBox({ identifier, displayName, password: this.password })}
      ${this.closeButton()}`;
    }
    return html`<form
      class="wa-stack"
      @submit=${(event: SubmitEvent) => this.reset(event, identifier)}
    >
      <p>${t("office.resetWarning", { name: displayName })}</p>
      ${this.outcome()} ${this.buttons(t("office.resetSubmit"))}
    </form>`;
  }

  private reset(event: SubmitEvent, identifier: string): void {
    event.preventDefault();
    void this.attempt(async () => {
      const params = { path: { identifier } };
      const issued = await read(api.POST("/v1/admin/accounts/{identifier}/password", { params }));
      this.password = issued.password;
    });
  }
}

function nameOf(person: ManagedAccount): string {
  return person.display_name || person.identifier;
}
