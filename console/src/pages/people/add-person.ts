/** Add one person, with a generated password or a typed one. */

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { type Account, api, read } from "../../api/client";
import { t } from "../../i18n/text";
import {
  displayNameField,
  identifierField,
  newPasswordField,
  roleField,
} from "../../parts/account-fields";
import { FormDialog } from "../../parts/dialog";
import { removeSheet } from "../../parts/print";
import { type IssuedPassword, passwordBox } from "../../parts/slips";

@customElement("cg-add-person")
export class AddPersonDialog extends FormDialog<"new"> {
  @state() private generates = true;
  @state() private issued: IssuedPassword | null = null;

  override show(): void {
    this.forget();
    super.show("new");
  }

  protected override forget(): void {
    this.generates = true;
    this.issued = null;
    removeSheet();
  }

  protected heading(): string {
    return t("office.add");
  }

  protected content() {
    if (!this.issued) return this.form();
    return html`${this.outcome()} ${this.issued.password ? passwordBox(this.issued) : nothing}
      <div class="buttons">
        <wa-button variant="brand" @click=${this.hide}>${t("office.close")}</wa-button>
        <wa-button appearance="outlined" @click=${() => this.show()}>
          ${t("office.addAnother")}
        </wa-button>
      </div>`;
  }

  private form() {
    return html`<form class="wa-stack" @submit=${this.submit}>
      ${identifierField()} ${displayNameField("office.displayName")} ${roleField("office.role")}
      <label class="check"
        ><input
          type="checkbox"
          .checked=${this.generates}
          @change=${(event: Event) => {
            this.generates = (event.target as HTMLInputElement).checked;
          }}
        />
        ${t("office.generate")}</label
      >
      ${this.generates ? nothing : newPasswordField("password", "office.password")}
      ${this.outcome()} ${this.buttons(t("office.addSubmit"))}
    </form>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const identifier = String(fields.get("identifier"));
    const displayName = String(fields.get("name") ?? "").trim();
    const account = {
      identifier,
      role: fields.get("role") as Account["role"],
      display_name: displayName || null,
      password: this.generates ? null : String(fields.get("password")),
    };
    void this.attempt(async () => {
      const answer = await read(api.POST("/v1/admin/accounts", { body: { accounts: [account] } }));
      const result = answer.results[0];
      if (result?.status !== "created") throw new Error(result?.message ?? "");
      const name = displayName || identifier;
      this.issued = { identifier, displayName: name, password: result.password ?? "" };
      this.done = t("office.added", { name });
      this.announce("");
    });
  }
}
