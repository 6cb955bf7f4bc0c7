/** Make an invitation: for which role, for how many people, for how long. */

import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import "@awesome.me/webawesome/dist/components/dialog/dialog.js";

import { type Account, api, read } from "../../api/client";
import type { components } from "../../api/schema";
import { t } from "../../i18n/text";
import { Page } from "../../parts/page";
import { removeSheet } from "../../parts/print";
import { invitationLink } from "./invitation-link";

const DAY = 86_400; // seconds
const MARGIN = 60; // seconds, by which this clock may be ahead of the server's

@customElement("cg-new-invitation")
export class NewInvitationDialog extends Page {
  @state() private open = false;
  @state() private made: components["schemas"]["Invitation"] | null = null;
  @state() private isAdmin = false;
  /** Counts the invitations, so that each one has a new form. */
  @state() private turn = 0;

  @query("form") private form!: HTMLFormElement | null;

  show(): void {
    this.clear();
    this.open = true;
  }

  private clear(): void {
    this.turn += 1;
    this.made = null;
    this.isAdmin = false;
    this.error = null;
  }

  private hide = (): void => {
    this.open = false;
  };

  private onHidden(event: Event): void {
    if (event.target !== event.currentTarget) return; // of a component inside
    this.open = false;
    this.clear();
    removeSheet();
  }

  protected override render() {
    return html`<wa-dialog
      label=${t(this.made ? "invitations.made" : "invitations.new")}
      ?open=${this.open}
      @wa-after-hide=${this.onHidden}
    >
      ${this.made ? invitationLink(this.made) : keyed(this.turn, this.fields())} ${this.outcome()}
      ${this.made
        ? html`<wa-button slot="footer" variant="brand" @click=${this.hide}>
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
              >${t("invitations.make")}</wa-button
            >`}
    </wa-dialog>`;
  }

  private fields() {
    return html`<form class="wa-stack" @submit=${this.submit}>
      <label
        >${t("invitations.for")}
        <select
          name="role"
          @change=${(event: Event) => {
            this.isAdmin = (event.target as HTMLSelectElement).value === "admin";
          }}
        >
          <option value="student">${t("role.student")}</option>
          <option value="teacher">${t("role.teacher")}</option>
          <option value="admin">${t("role.admin")}</option>
        </select></label
      >
      ${this.isAdmin
        ? nothing
        : html`<wa-input
            name="uses"
            type="number"
            label=${t("invitations.uses")}
            hint=${t("invitations.usesHint")}
            value="1"
            min="1"
            max="1000"
            required
          ></wa-input>`}
      <wa-input
        name="days"
        type="number"
        label=${t("invitations.days")}
        hint=${t("invitations.daysHint")}
        value="7"
        min="1"
        max="90"
        required
      ></wa-input>
    </form>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const body = {
      role: fields.get("role") as Account["role"],
      uses: Number(fields.get("uses") ?? 1),
      expires_at: Math.floor(Date.now() / 1000) + Number(fields.get("days")) * DAY - MARGIN,
    };
    void this.attempt(async () => {
      this.made = await read(api.POST("/v1/admin/invitations", { body }));
      this.dispatchEvent(new Event("changed", { bubbles: true }));
    });
  }
}
