/** The dialog that asks for the password again. The client opens it, so that pages need not. */

import "@awesome.me/webawesome/dist/components/dialog/dialog.js";
import type WaDialog from "@awesome.me/webawesome/dist/components/dialog/dialog.js";

import { html } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { api, read, Refusal } from "../api/client";
import { findSession } from "../api/session";
import { t } from "../i18n/text";
import { Page } from "./page";
import { codeField, codeOf } from "./second-factor-code";

@customElement("cg-confirm-password")
export class ConfirmPassword extends Page {
  /** Whether the account has a second factor. */
  @state() private needsCode = false;
  @query("wa-dialog") private dialog!: WaDialog;

  /** Called once, with whether the password was right. */
  decided: (isConfirmed: boolean) => void = () => {};

  private isConfirmed = false;

  override connectedCallback(): void {
    super.connectedCallback();
    // If it cannot be found out now, the first answer says so.
    findSession().then(
      (session) => (this.needsCode ||= session?.has_second_factor ?? false),
      () => {},
    );
  }

  protected override async firstUpdated(): Promise<void> {
    await this.dialog.updateComplete; // one that is open at once does not focus its field
    this.dialog.open = true;
  }

  protected override render() {
    return html`<wa-dialog
      label=${t("confirm.title")}
      @wa-after-hide=${this.close}
    >
      <form id="confirm-password" class="wa-stack" @submit=${this.submit}>
        <p>${t("confirm.why")}</p>
        <wa-input
          name="password"
          type="password"
          label=${t("confirm.password")}
          autocomplete="current-password"
          password-toggle
          required
          autofocus
        ></wa-input>
        ${this.needsCode ? codeField() : ""} ${this.outcome()}
      </form>
      <wa-button slot="footer" appearance="outlined" data-dialog="close">${t("confirm.cancel")}</wa-button>
      <wa-button
        slot="footer"
        type="submit"
        form="confirm-password"
        variant="brand"
        ?loading=${this.busy}
        >${t("confirm.submit")}</wa-button
      >
    </wa-dialog>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void this.attempt(async () => {
      const body = { password: String(fields.get("password")), code: codeOf(fields) };
      try {
        await read(api.POST("/v1/console/session/confirm", { body }));
      } catch (error) {
        if (!(error instanceof Refusal) || error.reason !== "second_factor_required") throw error;
        this.needsCode = true;
        return;
      }
      this.isConfirmed = true;
      this.dialog.open = false;
    });
  }

  private close(event: Event): void {
    if (event.target !== this.dialog) return;
    this.remove();
    this.decided(this.isConfirmed);
  }
}

/** Ask for the password; false if somebody cancels. */
export function confirmPassword(): Promise<boolean> {
  return new Promise((decided) => {
    const dialog = new ConfirmPassword();
    dialog.decided = decided;
    document.body.append(dialog);
  });
}
