/** A field for a moment, in the time of this computer. */

import { html, type TemplateResult } from "lit";

/** Return a field for a moment. `value`: as `localTime` returns it. */
export function timeField(name: string, label: string, value = ""): TemplateResult {
  return html`<wa-input
    type="datetime-local"
    name=${name}
    label=${label}
    value=${value}
    with-clear
  ></wa-input>`;
}

/** Return the typed moment in Unix seconds; null for an empty field. */
export function secondsOf(typed: string): number | null {
  const milliseconds = new Date(typed).getTime();
  return Number.isNaN(milliseconds) ? null : Math.floor(milliseconds / 1000);
}

/** Return a moment as the field takes it: local, to the minute. */
export function localTime(seconds: number): string {
  const date = new Date(seconds * 1000);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}
