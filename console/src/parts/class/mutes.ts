/** What may be muted, as fields of a form. */

import { html, type TemplateResult } from "lit";

import type { components } from "../../api/schema";
import { t } from "../../i18n/text";

type Muted = components["schemas"]["Muted"];
export type MuteRequest = components["schemas"]["MuteRequest"];

export const MUTES = ["chat", "audio", "video"] as const;

export function muteFields(muted: Muted): TemplateResult {
  return html`<fieldset class="checks">
    <legend class="unseen">${t("mute.title")}</legend>
    ${MUTES.map(
      (each) => html`<label class="check"
        ><input type="checkbox" name=${each} ?checked=${muted[each]} /> ${t(`mute.${each}`)}</label
      >`,
    )}
  </fieldset>`;
}

/** Return what is to be muted and what is to be lifted; null for nothing. */
export function muteChanges(
  form: HTMLFormElement,
  before: Muted,
): { muted: MuteRequest | null; unmuted: MuteRequest | null } {
  const fields = new FormData(form);
  const on = MUTES.filter((each) => fields.get(each) !== null && !before[each]);
  const off = MUTES.filter((each) => fields.get(each) === null && before[each]);
  return { muted: named(on), unmuted: named(off) };
}

export function named(what: readonly (typeof MUTES)[number][]): MuteRequest | null {
  return what.length ? Object.fromEntries(what.map((each) => [each, true])) : null;
}
