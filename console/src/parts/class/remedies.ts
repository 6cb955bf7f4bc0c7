/** What helps against each refusal, and what the viewer can do about it with one button. */

import {
  type AssignableRole,
  changeClass,
  findMember,
  setMember,
  startClass,
} from "../../api/classes";
import { api, read } from "../../api/client";
import { moment, t, type TextKey } from "../../i18n/text";
import { type ClassView, isHostOrAdmin, isOver } from "./view";
import type { WhyAnswer } from "./why";

/** A button: it does something, leads to a page, or opens the dialog for another host. */
export interface Remedy {
  text: string;
  run?: () => Promise<void>;
  href?: string;
  opensHostDialog?: boolean;
}

type Check = NonNullable<WhyAnswer["first_failure"]>;
type Find = (view: ClassView, answer: WhyAnswer) => Remedy[];

const HOUR = 3600;
/** The host may start a class from then on, in seconds before the start. */
const HOST_EARLY = 30 * 60;

const REMEDIES: Partial<Record<Check, Find>> = {
  account_exists: toPeople,
  log_in_not_limited: toPeople,
  account_enabled: enable,
  on_roster: addToRoster,
  not_kicked: letIn,
  host_rights: (view) =>
    view.may.changeHost ? [{ text: t("class.changeHost"), opensHostDialog: true }] : [],
  role_permission: makeAssistant,
  class_not_ended: moveEnd,
  class_open: openClass,
};

/** Return what the viewer may do now. Several are alternatives. */
export function remediesFor(answer: WhyAnswer, view: ClassView): Remedy[] {
  const find = answer.first_failure === null ? undefined : REMEDIES[answer.first_failure];
  return find ? find(view, answer) : [];
}

/** Say what is wrong and what helps. */
export function remedyText(answer: WhyAnswer): string {
  const { first_failure: failed, opens_at, until } = answer;
  if (failed === null) return "";
  const name = answer.identifier;
  if (failed === "class_open" && opens_at != null) {
    return t("refused.class_open.at", { name, time: moment(opens_at) });
  }
  if (failed === "class_not_ended" && answer.by.includes("admin")) {
    return t("refused.class_not_ended.planned", { name });
  }
  const key: TextKey = `refused.${failed}`;
  const text = t(key, { name });
  return until == null ? text : text + t("refused.until", { time: moment(until) });
}

function now(): number {
  return Math.floor(Date.now() / 1000);
}

/** Return what helps somebody who cannot sign in. */
export function toPeople(
  view: ClassView,
  { identifier }: Pick<WhyAnswer, "identifier">,
): Remedy[] {
  if (view.account.role !== "admin") return [];
  const href = `#/people/find/${encodeURIComponent(identifier)}`;
  return [{ text: t("remedy.people"), href }];
}

function enable(view: ClassView, { identifier }: WhyAnswer): Remedy[] {
  if (view.account.role !== "admin") return [];
  const run = async () => {
    const params = { path: { identifier } };
    await read(
      api.PATCH("/v1/admin/accounts/{identifier}", { params, body: { disabled: false } }),
    );
  };
  return [{ text: t("remedy.enable"), run }];
}

/** Return what helps somebody who has no place in the class. */
export function addToRoster(
  view: ClassView,
  { identifier, action }: Pick<WhyAnswer, "identifier" | "action">,
): Remedy[] {
  const asAssistant = action === "upload";
  if (!view.may.changeRoster || (asAssistant && !isHostOrAdmin(view))) return [];
  const text = t(asAssistant ? "remedy.addAssistant" : "remedy.add");
  return [place(text, view, identifier, asAssistant ? "assistant" : "student")];
}

function letIn(view: ClassView, { identifier }: WhyAnswer): Remedy[] {
  if (!view.may.changeRoster || !isHostOrAdmin(view)) return [];
  const { classroom_id } = view.classroom;
  const run = async () => {
    const member = await findMember(classroom_id, identifier); // the place is kept
    const role = member?.role === "assistant" ? "assistant" : "student";
    await setMember(classroom_id, identifier, role, member?.on_stage);
  };
  return [{ text: t("remedy.letIn"), run }];
}

function makeAssistant(view: ClassView, { identifier }: WhyAnswer): Remedy[] {
  if (!view.may.changeRoster || !isHostOrAdmin(view)) return [];
  return [place(t("remedy.assistant"), view, identifier, "assistant")];
}

function place(
  text: string,
  view: ClassView,
  identifier: string,
  role: AssignableRole,
): Remedy {
  return { text, run: () => setMember(view.classroom.classroom_id, identifier, role) };
}

function moveEnd(view: ClassView): Remedy[] {
  if (isOver(view.classroom)) {
    return view.account.role === "teacher"
      ? [{ text: t("classes.make"), href: "#/classes/new" }]
      : [];
  }
  if (!view.may.edit) return [];
  const { classroom_id } = view.classroom;
  return [
    {
      text: t("remedy.moveEnd"),
      run: () => changeClass(classroom_id, { ends_at: now() + HOUR }),
    },
  ];
}

function openClass(view: ClassView): Remedy[] {
  const { classroom_id, starts_at } = view.classroom;
  const remedies: Remedy[] = [];
  if (view.may.start && (starts_at ?? 0) - HOST_EARLY <= now()) {
    remedies.push({ text: t("class.start"), run: () => startClass(classroom_id) });
  }
  if (view.may.edit && starts_at !== null) {
    const run = () => changeClass(classroom_id, { starts_at: now() });
    remedies.push({ text: t("remedy.moveStart"), run });
  }
  return remedies;
}
