/** One's own account: the password and the sessions. */

import { html } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { api, type ConsoleSession, read, type Session } from "../api/client";
import { moment, t } from "../i18n/text";
import { newPasswordField, repeatedPasswordField } from "../parts/account-fields";
import { Page } from "../parts/page";
import { moreButton } from "../parts/records";

@customElement("cg-account")
export class AccountPage extends Page {
  @property({ attribute: false }) session!: ConsoleSession;

  override connectedCallback(): void {
    super.connectedCallback();
    if (this.session.account.role === "admin") void import("./second-factor");
  }

  protected override render() {
    const { account } = this.session;
    return html`<h1>${t("account.title")}</h1>
      <p>
        ${t("account.signedInAs", { name: account.display_name ?? account.identifier })}
        <span class="quiet">${account.identifier}, ${t(`role.${account.role}`)}</span>
      </p>
      <cg-password></cg-password>
      ${account.role === "admin"
        ? html`<cg-second-factor .session=${this.session}></cg-second-factor>`
        : ""}
      <cg-sessions></cg-sessions>`;
  }
}

@customElement("cg-password")
export class PasswordForm extends Page {
  protected override render() {
    return html`<section class="narrow">
      <h2>${t("account.password")}</h2>
      <form class="wa-stack" @submit=${this.submit}>
        <wa-input
          name="current"
          type="password"
          label=${t("account.currentPassword")}
          autocomplete="current-password"
          password-toggle
          required
        ></wa-input>
        ${newPasswordField("next", "account.newPassword")}
        ${repeatedPasswordField("account.repeatPassword")}
        ${this.outcome()}
        <wa-button type="submit" variant="brand" ?loading=${this.busy}>
          ${t("account.changePassword")}
        </wa-button>
      </form>
    </section>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const fields = new FormData(form);
    void this.attempt(async () => {
      const next = String(fields.get("next"));
      if (next !== fields.get("repeated")) throw new Error(t("account.passwordsDiffer"));
      const current = String(fields.get("current"));
      const body = { current_password: current, new_password: next };
      await read(api.PUT("/v1/me/password", { body }));
      form.reset();
      this.done = t("account.passwordChanged");
      this.dispatchEvent(new Event("sessions-changed", { bubbles: true }));
    });
  }
}

@customElement("cg-sessions")
export class SessionList extends Page {
  @state() private sessions: Session[] = [];
  @state() private nextCursor: string | null = null;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
    this.parentElement?.addEventListener("sessions-changed", this.load);
  }

  override disconnectedCallback(): void {
    this.parentElement?.removeEventListener("sessions-changed", this.load);
    super.disconnectedCallback();
  }

  private load = (): Promise<void> => this.attempt(() => this.fetchPage(null));

  private async fetchPage(cursor: string | null): Promise<void> {
    const query = cursor === null ? {} : { cursor };
    const page = await read(api.GET("/v1/sessions", { params: { query } }));
    this.sessions = cursor === null ? page.items : [...this.sessions, ...page.items];
    this.nextCursor = page.next_cursor;
  }

  protected override render() {
    return html`<section>
      <h2>${t("account.sessions")}</h2>
      <p class="quiet">${t("account.sessionsHint")}</p>
      ${this.outcome()}
      <ul class="cards">
        ${this.sessions.map((each) => this.row(each))}
      </ul>
      ${moreButton(this.nextCursor, this.busy, this.more)}
    </section>`;
  }

  private row(session: Session) {
    return html`<li class="card">
      <div>
        <strong>${t(`account.session.${session.channel}`)}</strong>
        ${session.current ? html`<wa-tag size="s">${t("account.session.current")}</wa-tag>` : ""}
        <dl class="quiet">
          <dt>${t("account.session.opened")}</dt>
          <dd>${moment(session.created_at)}</dd>
          <dt>${t("account.session.used")}</dt>
          <dd>${moment(session.last_used_at)}</dd>
          <dt>${t("account.session.expires")}</dt>
          <dd>${moment(session.expires_at)}</dd>
        </dl>
      </div>
      ${session.current
        ? ""
        : html`<wa-button size="s" @click=${() => this.end(session)}>
            ${t("account.session.end")}
          </wa-button>`}
    </li>`;
  }

  private more = (): Promise<void> => this.attempt(() => this.fetchPage(this.nextCursor));

  private end(session: Session): Promise<void> {
    return this.attempt(async () => {
      const path = { session_id: session.session_id };
      await read(api.DELETE("/v1/sessions/{session_id}", { params: { path } }));
      await this.fetchPage(null);
      this.done = t("account.sessionEnded");
    });
  }
}
