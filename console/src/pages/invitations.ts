/** Invitations: those that can be used, a new one, and the end of one. */

import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { api, read } from "../api/client";
import type { components } from "../api/schema";
import { moment, t } from "../i18n/text";
import { named } from "../parts/named";
import { Page } from "../parts/page";
import { question } from "../parts/question";
import type { NewInvitationDialog } from "./people/new-invitation";
import { moreButton, recordsTable } from "../parts/records";

import "./people/new-invitation";
import "../office.css";

type Listed = components["schemas"]["ListedInvitation"];
type InvitationPage = components["schemas"]["InvitationPage"];

@customElement("cg-invitations")
export class InvitationsPage extends Page {
  @state() private invitations: Listed[] | null = null;
  @state() private nextCursor: string | null = null;
  @state() private registration: InvitationPage["registration"] = "invitation";
  /** Which one is to be revoked, while the question is asked. */
  @state() private doubtful: Listed | null = null;

  @query("cg-new-invitation") private newDialog!: NewInvitationDialog;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.load();
  }

  private load = (): Promise<void> => this.attempt(() => this.fetchPage(null));

  private more = (): Promise<void> => this.attempt(() => this.fetchPage(this.nextCursor));

  private async fetchPage(cursor: string | null): Promise<void> {
    const query = { limit: 50, ...(cursor === null ? {} : { cursor }) };
    const page = await read(api.GET("/v1/admin/invitations", { params: { query } }));
    this.invitations = cursor === null ? page.items : [...(this.invitations ?? []), ...page.items];
    this.nextCursor = page.next_cursor;
    this.registration = page.registration;
  }

  private keep = (): void => {
    this.doubtful = null;
  };

  private revoke(invitation: Listed): Promise<void> {
    return this.attempt(async () => {
      const path = { invitation_id: invitation.invitation_id };
      await read(api.DELETE("/v1/admin/invitations/{invitation_id}", { params: { path } }));
      await this.fetchPage(null);
      this.done = t("invitations.revoked");
    });
  }

  protected override render() {
    return html`<div class="title-bar">
        <h1>${t("invitations.title")}</h1>
        <div class="buttons">
          <wa-button appearance="outlined" href="#/people">${t("import.back")}</wa-button>
          <wa-button variant="brand" @click=${() => this.newDialog.show()}>
            ${t("invitations.new")}
          </wa-button>
        </div>
      </div>
      <p>${t("invitations.intro")}</p>
      ${this.registration === "closed"
        ? html`<wa-callout variant="warning" size="s">${t("invitations.closed")}</wa-callout>`
        : nothing}
      ${this.outcome()} ${this.content()}
      <cg-new-invitation @changed=${this.load}></cg-new-invitation>
      ${this.revocation()}`;
  }

  private content() {
    if (this.invitations === null) return this.error ? nothing : html`<wa-spinner></wa-spinner>`;
    if (this.invitations.length === 0) return html`<p class="empty">${t("invitations.empty")}</p>`;
    return html`${recordsTable(
      [
        t("invitations.for"),
        t("invitations.left"),
        t("invitations.expires"),
        t("invitations.by"),
        null,
      ],
      this.invitations.map((each) => this.row(each)),
    )}
      ${moreButton(this.nextCursor, this.busy, this.more)}`;
  }

  private row(invitation: Listed) {
    const { role, uses, uses_left: left, created_by: maker } = invitation;
    const when = moment(invitation.expires_at);
    return html`<tr>
      <th scope="row">${t(`role.${role}`)}</th>
      <td><span class="narrow-label">${t("invitations.left")}</span> ${t("invitations.leftOf", {
        left,
        uses,
      })}</td>
      <td><span class="narrow-label">${t("invitations.expires")}</span> ${when}</td>
      <td>
        <span class="narrow-label">${t("invitations.by")}</span>
        ${maker === null ? t("invitations.commandLine") : html`<code>${maker}</code>`}
      </td>
      <td class="actions">
        <wa-button
          size="s"
          appearance="outlined"
          @click=${() => {
            this.doubtful = invitation;
          }}
          >${named(t("invitations.revoke"), t("invitations.revokeOf", { when }))}</wa-button
        >
      </td>
    </tr>`;
  }

  private revocation() {
    const doubtful = this.doubtful;
    return question({
      isAsked: doubtful !== null,
      title: t("invitations.revokeTitle"),
      text: t("invitations.revokeHint"),
      submit: t("invitations.revoke"),
      onYes: () => doubtful && void this.revoke(doubtful),
      onClosed: this.keep,
    });
  }
}
