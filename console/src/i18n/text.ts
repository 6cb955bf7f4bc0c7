/** The texts of the pages. Lit escapes them, and whatever is put into them. */

import { EN } from "./en";
import { language } from "./language";
import { ZH } from "./zh";

export type TextKey = keyof typeof EN;
export type Texts = Record<TextKey, string>;

const texts: Texts = language() === "zh-CN" ? ZH : EN;

/** Return a text with its `{names}` replaced. */
export function t(key: TextKey, values: Record<string, string | number> = {}): string {
  return texts[key].replace(/\{(\w+)\}/g, (_, name: string) => String(values[name] ?? ""));
}

/** Return a moment as people read it. `seconds`: Unix time. */
export function moment(seconds: number): string {
  return new Intl.DateTimeFormat(language(), { dateStyle: "medium", timeStyle: "short" }).format(
    seconds * 1000,
  );
}

/** Return the time of day with seconds. `seconds`: Unix time. */
export function clockTime(seconds: number): string {
  return new Intl.DateTimeFormat(language(), { timeStyle: "medium" }).format(seconds * 1000);
}

/** Return a sentence of the API with its times in the time of this computer. */
export function withLocalTimes(sentence: string): string {
  return sentence.replace(/(\d{4}-\d\d-\d\d) (\d\d:\d\d:\d\d) UTC/g, (_, day, time) =>
    moment(Date.parse(`${day}T${time}Z`) / 1000),
  );
}
