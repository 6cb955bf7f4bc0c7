/** Change one person: name, role, access; or delete the account. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { type Account, api, type ManagedAccount, read } from "../../api/client";
import { t } from "../../i18n/text";
import { displayNameField, roleField } from "../../parts/account-fields";
import { FormDialog } from "../../parts/dialog";

@customElement("cg-person-dialog")
export class PersonDialog extends FormDialog<ManagedAccount> {
  /** Who is signed in. */
  @property({ attribute: false }) account!: Account;

  @state() private typed = "";

  protected override forget(): void {
    this.typed = "";
  }

  protected heading(person: ManagedAccount): string {
    return t("office.editOf", { name: person.display_name || person.identifier });
  }

  protected content(person: ManagedAccount) {
    const isSelf = person.identifier === this.account.identifier;
    return html`${this.outcome()} ${this.details(person, isSelf)}
    ${isSelf
      ? html`<p class="quiet">${t("office.own")}</p>`
      : html`${this.access(person)} ${this.deletion(person)}`}`;
  }

  private details(person: ManagedAccount, isSelf: boolean) {
    return html`<form class="wa-stack" @submit=${(event: SubmitEvent) => this.save(event, person)}>
      <p class="quiet">${t("office.identifier")}: <code>${person.identifier}</code></p>
      ${displayNameField("office.displayName", person.display_name)}
      ${roleField("office.role", person.role, isSelf)}
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

  private save(event: SubmitEvent, person: ManagedAccount): void {
    event.preventDefault();
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
      this.finish(t("office.changed", { name: changed.display_name || changed.identifier }));
    });
  }

  private delete(event: SubmitEvent, person: ManagedAccount): void {
    event.preventDefault();
    if (this.typed.trim() !== person.identifier) return;
    void this.attempt(async () => {
      const path = { identifier: person.identifier };
      await read(api.DELETE("/v1/admin/accounts/{identifier}", { params: { path } }));
      this.finish(t("office.deleted", { name: person.display_name || person.identifier }));
    });
  }
}
