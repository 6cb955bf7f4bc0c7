/** The field for a code of the authenticator app. */

import { html, type TemplateResult } from "lit";

import { t } from "../i18n/text";

export function codeField(): TemplateResult {
  return html`<wa-input
    class="code"
    name="code"
    label=${t("code.label")}
    hint=${t("code.hint")}
    autocomplete="one-time-code"
    inputmode="numeric"
    autocapitalize="none"
    spellcheck="false"
    maxlength="10"
    required
  ></wa-input>`;
}

/** The code that was typed; null if there is no field for it. */
export function codeOf(fields: FormData): string | null {
  const code = fields.get("code");
  return code === null ? null : String(code);
}
