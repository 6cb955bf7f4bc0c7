/** Passwords that were generated: shown once, copied, and printed as slips to hand out. */

import { html, type TemplateResult } from "lit";

import "@awesome.me/webawesome/dist/components/copy-button/copy-button.js";

import { t } from "../i18n/text";
import { printSheet } from "./print";

export interface IssuedPassword {
  identifier: string;
  displayName: string;
  password: string;
}

/** Return a password with a button that copies it and one that prints a slip. */
export function passwordBox(issued: IssuedPassword): TemplateResult {
  return html`<div class="password-box">
      <dl>
        <dt>${t("office.identifier")}</dt>
        <dd><code>${issued.identifier}</code></dd>
        <dt>${t("office.password")}</dt>
        <dd>
          <code class="issued-password">${issued.password}</code>
          <wa-copy-button
            .value=${issued.password}
            copy-label=${t("office.copy")}
            success-label=${t("office.copied")}
          ></wa-copy-button>
        </dd>
      </dl>
      <wa-button size="s" appearance="outlined" @click=${() => printSlips([issued])}>${t("office.print")}</wa-button>
    </div>
    <p class="quiet">${t("office.passwordOnce")}</p>`;
}

/** Print a slip for each, to be cut apart. */
export function printSlips(issued: readonly IssuedPassword[]): Promise<void> {
  return printSheet(html`<div class="slips">${issued.map(slip)}</div>`);
}

function slip(issued: IssuedPassword): TemplateResult {
  return html`<section class="slip">
    <h2>${t("office.slipTitle")}</h2>
    <p>${issued.displayName}</p>
    <dl>
      <dt>${t("office.slipAddress")}</dt>
      <dd>${location.origin}</dd>
      <dt>${t("office.identifier")}</dt>
      <dd><code>${issued.identifier}</code></dd>
      <dt>${t("office.password")}</dt>
      <dd><code>${issued.password}</code></dd>
    </dl>
    <p class="quiet">${t("office.slipHint")}</p>
  </section>`;
}
