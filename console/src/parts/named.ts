/** Texts of buttons that are the same in every row. */

import { html, type TemplateResult } from "lit";

/** Show a short text; screen readers read the long one. An aria-label of a button of the component
 * library does not reach the button inside. */
export function named(text: string, label: string): TemplateResult {
  return html`<span aria-hidden="true">${text}</span><span class="unseen">${label}</span>`;
}
