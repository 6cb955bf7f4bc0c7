/** Give somebody who forgot theirs a new password. */

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import "@awesome.me/webawesome/dist/components/dialog/dialog.js";

import { api, type ManagedAccount, read } from "../../api/client";
import { t } from "../../i18n/text";
import { Page } from "../../parts/page";
import { removeSheet } from "../../parts/print";
import { passwordBox } from "../../parts/slips";

@customElement("cg-password-dialog")
export class PasswordDialog extends Page {
  @state() private open = false;
  @state() private person: ManagedAccount | null = null;
  @state() private password = "";

  show(person: ManagedAccount): void {
    this.person = person;
    this.password = "";
    this.error = null;
    this.open = true;
  }

  private hide = (): void => {
    this.open = false;
  };

  private onHidden(event: Event): void {
    if (event.target !== event.currentTarget) return; // of a component inside
    this.open = false;
    this.password = "";
    removeSheet();
  }

  protected override render() {
    const name = this.person?.display_name || this.person?.identifier || "";
    return html`<wa-dialog
      label=${t("office.resetOf", { name })}
      ?open=${this.open}
      @wa-after-hide=${this.onHidden}
    >
      ${this.person ? this.content(this.person, name) : nothing}
    </wa-dialog>`;
  }

  private content(person: ManagedAccount, name: string) {
    if (person.role === "admin") {
      return html`<p>${t("office.adminReset", { name: person.identifier })}</p>
        <wa-button slot="footer" variant="brand" @click=${this.hide}>${t("office.close")}</wa-button>`;
    }
    if (this.password) {
      const { identifier } = person;
      return html`${passwordBox({ identifier, displayName: name, password: this.password })}
        <wa-button slot="footer" variant="brand" @click=${this.hide}>${t("office.close")}</wa-button>`;
    }
    return html`<p>${t("office.resetWarning", { name })}</p>
      ${this.outcome()}
      <wa-button slot="footer" appearance="outlined" @click=${this.hide}>${t("office.cancel")}</wa-button>
      <wa-button
        slot="footer"
        variant="brand"
        ?loading=${this.busy}
        @click=${() => this.reset(person)}
        >${t("office.resetSubmit")}</wa-button
      >`;
  }

  private reset(person: ManagedAccount): Promise<void> {
    return this.attempt(async () => {
      const path = { identifier: person.identifier };
      const issued = await read(
        api.POST("/v1/admin/accounts/{identifier}/password", { params: { path } }),
      );
      this.password = issued.password;
    });
  }
}
