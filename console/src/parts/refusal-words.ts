/** Reasons and rules of recorded refusals, in words. */

import { REFUSALS_EN } from "../i18n/en/refusals";
import { language } from "../i18n/language";
import { REFUSALS_ZH } from "../i18n/zh/refusals";

const texts: Record<string, string> = language() === "zh-CN" ? REFUSALS_ZH : REFUSALS_EN;

/** Return a reason in words; one of a newer server, as the API writes it. */
export function reasonText(reason: string): string {
  return texts[`reason.${reason}`] ?? reason;
}

/** Return a reason in words at a class, which exists. */
export function reasonAtClass(reason: string): string {
  return reasonText(reason === "classroom_not_found" ? "not_on_roster" : reason);
}

/** Return what was asked for in words. `rule`: as the API writes it; may be empty. */
export function ruleText(rule: string): string {
  return texts[`rule.${rule}`] ?? (rule || "–");
}
