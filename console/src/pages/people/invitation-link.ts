/** The link of a new invitation: shown once, copied, and printed with its QR code. */

import { html, type TemplateResult } from "lit";

import "@awesome.me/webawesome/dist/components/copy-button/copy-button.js";

import type { components } from "../../api/schema";
import { moment, t } from "../../i18n/text";
import { printSheet } from "../../parts/print";

import "../../parts/qr-code";

type Invitation = components["schemas"]["Invitation"];

/** Return the link. The secret stands behind `#`, which no browser sends to a server. */
function linkOf(invitation: Invitation): string {
  return `${location.origin}/#/join?invitation=${encodeURIComponent(invitation.invitation)}`;
}

function qrCode(link: string): TemplateResult {
  return html`<cg-qr-code value=${link} label=${t("invitations.qrCode")}></cg-qr-code>`;
}

/** Return the link with its code, and buttons to copy and to print it. */
export function invitationLink(invitation: Invitation): TemplateResult {
  const link = linkOf(invitation);
  return html`<div class="invitation">
      ${qrCode(link)}
      <div>
        <code class="link">${link}</code>
        <wa-copy-button
          .value=${link}
          copy-label=${t("office.copy")}
          success-label=${t("office.copied")}
        ></wa-copy-button>
      </div>
      <wa-button size="s" appearance="outlined" @click=${() => printSheet(sheet(invitation, link))}>
        ${t("office.print")}
      </wa-button>
    </div>
    <p class="quiet">${t("invitations.once")}</p>`;
}

function sheet(invitation: Invitation, link: string): TemplateResult {
  const uses =
    invitation.uses === 1
      ? t("invitations.onePerson")
      : t("invitations.people", { count: invitation.uses });
  return html`<section class="invitation">
    <h1>${t("invitations.sheetTitle")}</h1>
    <p>${t("invitations.sheetText", { role: t(`role.${invitation.role}`) })}</p>
    ${qrCode(link)}
    <p class="link">${link}</p>
    <p>${t("invitations.sheetUntil", { when: moment(invitation.expires_at), uses })}</p>
  </section>`;
}
