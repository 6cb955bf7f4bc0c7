/** A question before something that cannot be undone. */

import { html, type TemplateResult } from "lit";

import "@awesome.me/webawesome/dist/components/dialog/dialog.js";

import { t } from "../i18n/text";

export interface Question {
  isAsked: boolean;
  title: string;
  text: string;
  /** The button that does it. */
  submit: string;
  onYes: () => void;
  /** Called whenever the dialog is closed. */
  onClosed: () => void;
}

export function question(asked: Question): TemplateResult {
  return html`<wa-dialog label=${asked.title} ?open=${asked.isAsked} @wa-after-hide=${asked.onClosed}>
    <p>${asked.text}</p>
    <wa-button slot="footer" appearance="outlined" data-dialog="close">
      ${t("office.cancel")}
    </wa-button>
    <wa-button slot="footer" variant="danger" data-dialog="close" @click=${asked.onYes}>
      ${asked.submit}
    </wa-button>
  </wa-dialog>`;
}
