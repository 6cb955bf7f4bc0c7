/** The fields of a class that is made or changed: title, times, and who may enter. */

import { html, type TemplateResult } from "lit";

import type { Classroom } from "../../api/classes";
import { t } from "../../i18n/text";

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
      <wa-input
        name="starts_at"
        type="datetime-local"
        label=${t("class.startsAt")}
        value=${toLocal(initial.starts_at)}
      ></wa-input>
      <wa-input
        name="ends_at"
        type="datetime-local"
        label=${t("class.endsAt")}
        value=${toLocal(initial.ends_at)}
      ></wa-input>
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
    starts_at: toUnix(fields.get("starts_at")),
    ends_at: toUnix(fields.get("ends_at")),
    open: fields.get("open") !== null,
  };
}

function toUnix(local: FormDataEntryValue | null): number | null {
  return local ? Math.floor(new Date(String(local)).getTime() / 1000) : null;
}

/** Return Unix seconds as a field for local times takes them, such as `2026-09-01T08:00`. */
export function toLocal(seconds: number | null): string {
  if (seconds === null) return "";
  const date = new Date(seconds * 1000);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 16);
}
