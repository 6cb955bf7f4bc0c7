/** The state and the times of a class, as lists and headers show them. */

import { html, type TemplateResult } from "lit";

import type { Classroom } from "../../api/classes";
import { language } from "../../i18n/language";
import { moment, t, type TextKey } from "../../i18n/text";

const STATES: Record<Classroom["state"], { text: TextKey; variant: string }> = {
  created: { text: "class.created", variant: "neutral" },
  live: { text: "class.live", variant: "success" },
  ended: { text: "class.ended", variant: "neutral" },
  replayable: { text: "class.replayable", variant: "neutral" },
};

export function stateTag(classroom: Classroom): TemplateResult {
  const { text, variant } = STATES[classroom.state];
  return html`<wa-tag size="s" variant=${variant}>${t(text)}</wa-tag>`;
}

/** Whether the planned end has passed although the class was never started. */
export function isMissed(classroom: Classroom): boolean {
  const { state, ends_at } = classroom;
  return state === "created" && ends_at !== null && ends_at * 1000 < Date.now();
}

/** When the class is, or was: what happened where it did, else what is planned. */
export function timesOf(classroom: Classroom): string {
  const start = classroom.started_at ?? classroom.starts_at;
  const end = classroom.ended_at ?? classroom.ends_at;
  if (start === null && end === null) return t("class.anyTime");
  if (start === null) return t("class.until", { time: moment(end ?? 0) });
  if (end === null || end < start) return t("class.from", { time: moment(start) });
  return new Intl.DateTimeFormat(language(), {
    dateStyle: "medium",
    timeStyle: "short",
  }).formatRange(start * 1000, end * 1000);
}

/** The title as text; classes of the legacy API may have none, or one of several lines. */
export function titleOf(classroom: Classroom): string {
  return classroom.title.trim() || t("class.untitled", { id: classroom.classroom_id });
}
