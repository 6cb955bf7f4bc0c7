/** Add one person, with a generated password or a typed one. */

import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import "@awesome.me/webawesome/dist/components/dialog/dialog.js";

import { type Account, api, read } from "../../api/client";
import { t } from "../../i18n/text";
import { Page } from "../../parts/page";
import { removeSheet } from "../../parts/print";
import { type IssuedPassword, passwordBox } from "../../parts/slips";

@customElement("cg-add-person")
export class AddPersonDialog extends Page {
  @state() private open = false;
  @state() private generates = true;
  @state() private issued: IssuedPassword | null = null;
  /** Counts the people, so that each one has a new form. */
  @state() private turn = 0;

  @query("form") private form!: HTMLFormElement | null;

  show(): void {
    this.again();
    this.open = true;
  }

  private again = (): void => {
    this.turn += 1;
    this.generates = true;
    this.issued = null;
    this.error = null;
    this.done = "";
  };

  private hide = (): void => {
    this.open = false;
  };

  private onHidden(event: Event): void {
    if (event.target !== event.currentTarget) return; // of a component inside
    this.open = false;
    this.again();
    removeSheet();
  }

  protected override render() {
    return html`<wa-dialog
      label=${t("office.add")}
      ?open=${this.open}
      @wa-after-hide=${this.onHidden}
    >
      ${this.issued === null ? keyed(this.turn, this.fields()) : nothing}
      ${this.outcome()} ${this.issued?.password ? passwordBox(this.issued) : nothing}
      ${this.issued
        ? html`<wa-button slot="footer" appearance="outlined" @click=${this.again}>
              ${t("office.addAnother")}
            </wa-button>
            <wa-button slot="footer" variant="brand" @click=${this.hide}>
              ${t("office.close")}
            </wa-button>`
        : html`<wa-button slot="footer" appearance="outlined" @click=${this.hide}>
              ${t("office.cancel")}
            </wa-button>
            <wa-button
              slot="footer"
              variant="brand"
              ?loading=${this.busy}
              @click=${() => this.form?.requestSubmit()}
              >${t("office.addSubmit")}</wa-button
            >`}
    </wa-dialog>`;
  }

  private fields() {
    return html`<form class="wa-stack" @submit=${this.submit}>
      <wa-input
        name="identifier"
        label=${t("office.identifier")}
        hint=${t("office.identifierHint")}
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        required
        maxlength="32"
        pattern="[A-Za-z0-9_\\-]+"
        autofocus
      ></wa-input>
      <wa-input
        name="name"
        label=${t("office.displayName")}
        hint=${t("office.displayNameHint")}
        autocomplete="off"
        maxlength="100"
      ></wa-input>
      <label
        >${t("office.role")}
        <select name="role">
          <option value="student">${t("role.student")}</option>
          <option value="teacher">${t("role.teacher")}</option>
          <option value="admin">${t("role.admin")}</option>
        </select></label
      >
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
      ${this.generates
        ? nothing
        : html`<wa-input
            name="password"
            type="password"
            label=${t("office.password")}
            hint=${t("office.passwordHint")}
            autocomplete="new-password"
            password-toggle
            required
            minlength="10"
            maxlength="128"
          ></wa-input>`}
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
      this.dispatchEvent(new CustomEvent("changed", { detail: "", bubbles: true }));
    });
  }
}
