/** Code that is loaded when it is first needed. */

import { html, type TemplateResult } from "lit";
import { until } from "lit/directives/until.js";

/** Show an element when its code is there. Once it is, the element stays at the next rendering. */
export function loaded(
  tag: string,
  code: Promise<unknown>,
  element: TemplateResult,
): TemplateResult {
  return html`${customElements.get(tag)
    ? element
    : until(
        code.then(() => element),
        html`<wa-spinner></wa-spinner>`,
      )}`;
}
