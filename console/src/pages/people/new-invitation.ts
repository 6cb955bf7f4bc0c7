/** Make an invitation: for which role, for how many people, for how long. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { type Account, api, read } from "../../api/client";
import type { components } from "../../api/schema";
import { t, type TextKey } from "../../i18n/text";
import { roleField } from "../../parts/account-fields";
import { FormDialog } from "../../parts/dialog";
import { removeSheet } from "../../parts/print";
import { invitationLink } from "./invitation-link";

const DAY = 86_400; // seconds
const MARGIN = 60; // seconds, by which this clock may be ahead of the server's

@customElement("cg-new-invitation")
export class NewInvitationDialog extends FormDialog<"new"> {
  @state() private made: components["schemas"]["Invitation"] | null = null;
  @state() private isAdmin = false;

  override show(): void {
    this.forget();
    super.show("new");
  }

  protected override forget(): void {
    this.made = null;
    this.isAdmin = false;
    removeSheet();
  }

  protected heading(): string {
    return t(this.made ? "invitations.made" : "invitations.new");
  }

  protected content() {
    if (this.made) return html`${invitationLink(this.made)} ${this.closeButton()}`;
    return html`<form class="wa-stack" @submit=${this.submit}>
      ${roleField("invitations.for", "student", false, (role) => {
        this.isAdmin = role === "admin";
      })}
      ${this.isAdmin
        ? nothing
        : numberField("uses", "invitations.uses", "invitations.usesHint", 1, 1000)}
      ${numberField("days", "invitations.days", "invitations.daysHint", 7, 90)}
      ${this.outcome()} ${this.buttons(t("invitations.make"))}
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
      this.announce("");
    });
  }
}

function numberField(
  name: string,
  label: TextKey,
  hint: TextKey,
  value: number,
  max: number,
): TemplateResult {
  return html`<wa-input
    name=${name}
    type="number"
    label=${t(label)}
    hint=${t(hint)}
    value=${value}
    min="1"
    max=${max}
    required
  ></wa-input>`;
}
