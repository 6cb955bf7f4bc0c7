/** Reasons and rules of recorded refusals, in words. */

import { t, type TextKey } from "../../i18n/text";

const REASONS = [
  "account_unusable",
  "class_ended",
  "class_not_started",
  "classroom_not_found",
  "cloud_unavailable",
  "host_rights_lost",
  "kicked",
  "not_on_roster",
  "role_lacks_permission",
  "too_many_grants",
] as const;

/** What the API calls it, and the text. */
const RULES: Record<string, TextKey> = {
  "read the class": "rule.read",
  "read the roster": "rule.roster",
  "read the courseware": "rule.courseware",
  "read who was in the class": "rule.attendance",
  "send heartbeats to the class": "rule.heartbeat",
  "leave the class": "rule.leave",
  "change the class": "rule.change",
  "start the class": "rule.start",
  "end the class": "rule.end",
  "change the roster": "rule.changeRoster",
  "kick members": "rule.kick",
  "mute members": "rule.mute",
  "enter the class": "rule.enter",
  "upload courseware": "rule.upload",
  "delete courseware": "rule.delete",
};

/** Return a reason in words; one that is rare, as the API writes it. */
export function reasonText(reason: string): string {
  const known = REASONS.find((each) => each === reason);
  return known ? t(`reason.${known}`) : reason;
}

/** Return what was asked for. */
export function ruleText(rule: string): string {
  const key = RULES[rule];
  return key ? t(key) : rule;
}
