/** The fields of a class that is made or changed: title, times, and who may enter. */

import { html, type TemplateResult } from "lit";

import type { Classroom } from "../../api/classes";
import { t } from "../../i18n/text";
import { localTime, secondsOf, timeField } from "../time-field";

export interface ClassFields {
  title: string;
  starts_at: number | null;
  ends_at: number | null;
  open: boolean;
}

/** Render the fields; `initial` fills them. */
export function classFields(initial: Pick<Classroom, keyof ClassFields>): TemplateResult {
  return html`<wa-input
      name="title"
      label=${t("class.title")}
      autocomplete="off"
      required
      maxlength="128"
      value=${initial.title}
      autofocus
    ></wa-input>
    <div class="pair">
      ${timeField("starts_at", t("class.startsAt"), localTimeOrNone(initial.starts_at))}
      ${timeField("ends_at", t("class.endsAt"), localTimeOrNone(initial.ends_at))}
    </div>
    <p class="quiet">${t("class.timesHint")}</p>
    <label class="check"
      ><input type="checkbox" name="open" ?checked=${initial.open} /> ${t("class.open")}</label
    >`;
}

/** Read the fields of a form. Times are those of the browser's clock. */
export function readClassFields(form: HTMLFormElement): ClassFields {
  const fields = new FormData(form);
  return {
    title: String(fields.get("title")),
    starts_at: secondsOf(String(fields.get("starts_at"))),
    ends_at: secondsOf(String(fields.get("ends_at"))),
    open: fields.get("open") !== null,
  };
}

function localTimeOrNone(seconds: number | null): string {
  return seconds === null ? "" : localTime(seconds);
}
