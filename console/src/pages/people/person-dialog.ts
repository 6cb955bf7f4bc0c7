/** Change one person: name, role, access; or delete the account. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import "@awesome.me/webawesome/dist/components/dialog/dialog.js";

import { type Account, api, type ManagedAccount, read } from "../../api/client";
import { t } from "../../i18n/text";
import { Page } from "../../parts/page";

const ROLES = ["student", "teacher", "admin"] as const;

@customElement("cg-person-dialog")
export class PersonDialog extends Page {
  /** Who is signed in. */
  @property({ attribute: false }) account!: Account;

  @state() private open = false;
  @state() private person: ManagedAccount | null = null;
  @state() private typed = "";

  show(person: ManagedAccount): void {
    this.person = person;
    this.typed = "";
    this.error = null;
    this.open = true;
  }

  private onHidden(event: Event): void {
    if (event.target !== event.currentTarget) return; // of a component inside
    this.open = false;
    this.person = null; // the form is made anew for the next one
  }

  protected override render() {
    const name = this.person?.display_name || this.person?.identifier || "";
    return html`<wa-dialog
      label=${t("office.editOf", { name })}
      ?open=${this.open}
      @wa-after-hide=${this.onHidden}
    >
      ${this.person ? this.content(this.person) : nothing}
    </wa-dialog>`;
  }

  private content(person: ManagedAccount) {
    const isSelf = person.identifier === this.account.identifier;
    return html`${this.outcome()} ${this.details(person, isSelf)}
    ${isSelf
      ? html`<p class="quiet">${t("office.own")}</p>`
      : html`${this.access(person)} ${this.deletion(person)}`}`;
  }

  private details(person: ManagedAccount, isSelf: boolean) {
    return html`<form class="wa-stack" @submit=${this.save}>
      <p class="quiet">${t("office.identifier")}: <code>${person.identifier}</code></p>
      <wa-input
        name="name"
        label=${t("office.displayName")}
        hint=${t("office.displayNameHint")}
        autocomplete="off"
        maxlength="100"
        value=${person.display_name}
      ></wa-input>
      <label
        >${t("office.role")}
        <select name="role" ?disabled=${isSelf}>
          ${ROLES.map(
            (each) =>
              html`<option value=${each} ?selected=${each === person.role}>
                ${t(`role.${each}`)}
              </option>`,
          )}
        </select></label
      >
      ${isSelf ? nothing : html`<p class="quiet">${t("office.roleWarning")}</p>`}
      <wa-button type="submit" variant="brand" ?loading=${this.busy}>${t("office.save")}</wa-button>
    </form>`;
  }

  private access(person: ManagedAccount) {
    return html`<section>
      <h3>${t("office.access")}</h3>
      <p class="quiet">${t(person.disabled ? "office.enableHint" : "office.disableHint")}</p>
      <wa-button
        appearance="outlined"
        ?loading=${this.busy}
        @click=${() => this.change(person, { disabled: !person.disabled })}
        >${t(person.disabled ? "office.enable" : "office.disable")}</wa-button
      >
    </section>`;
  }

  private deletion(person: ManagedAccount) {
    return html`<section>
      <h3>${t("office.delete")}</h3>
      <p class="quiet">${t("office.deleteHint")}</p>
      <form class="wa-stack" @submit=${(event: SubmitEvent) => this.delete(event, person)}>
        <wa-input
          label=${t("office.deleteConfirm", { identifier: person.identifier })}
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          @input=${(event: Event) => {
            this.typed = (event.target as HTMLInputElement).value;
          }}
        ></wa-input>
        <wa-button
          type="submit"
          variant="danger"
          ?disabled=${this.typed.trim() !== person.identifier}
          ?loading=${this.busy}
          >${t("office.deleteSubmit")}</wa-button
        >
      </form>
    </section>`;
  }

  private save(event: SubmitEvent): void {
    event.preventDefault();
    const person = this.person;
    if (!person) return;
    const fields = new FormData(event.target as HTMLFormElement);
    const name = String(fields.get("name") ?? "").trim();
    const role = (fields.get("role") as Account["role"] | null) ?? person.role;
    void this.change(person, {
      ...(name === person.display_name ? {} : { display_name: name }),
      ...(role === person.role ? {} : { role }),
    });
  }

  private change(
    person: ManagedAccount,
    body: { display_name?: string; role?: Account["role"]; disabled?: boolean },
  ): Promise<void> {
    return this.attempt(async () => {
      const path = { identifier: person.identifier };
      const changed = await read(
        api.PATCH("/v1/admin/accounts/{identifier}", { params: { path }, body }),
      );
      this.finish("office.changed", changed.display_name || changed.identifier);
    });
  }

  private delete(event: SubmitEvent, person: ManagedAccount): void {
    event.preventDefault();
    if (this.typed.trim() !== person.identifier) return;
    void this.attempt(async () => {
      const path = { identifier: person.identifier };
      await read(api.DELETE("/v1/admin/accounts/{identifier}", { params: { path } }));
      this.finish("office.deleted", person.display_name || person.identifier);
    });
  }

  private finish(text: "office.changed" | "office.deleted", name: string): void {
    this.open = false;
    this.dispatchEvent(new CustomEvent("changed", { detail: t(text, { name }), bubbles: true }));
  }
}
