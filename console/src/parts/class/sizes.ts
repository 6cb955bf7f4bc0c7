/** Sizes and durations as people read them. */

import { language } from "../../i18n/language";

const UNITS = ["byte", "kilobyte", "megabyte", "gigabyte"] as const;

/** Return a size, such as 31.5 MB. */
export function readableSize(bytes: number): string {
  const power = Math.min(Math.floor(Math.log10(Math.max(bytes, 1)) / 3), UNITS.length - 1);
  return new Intl.NumberFormat(language(), {
    style: "unit",
    unit: UNITS[power] ?? "byte",
    unitDisplay: power === 0 ? "long" : "short",
    maximumFractionDigits: power === 0 ? 0 : 1,
  }).format(bytes / 1000 ** power);
}

/** Return a duration, such as 3 min. */
export function readableDuration(seconds: number): string {
  const [value, unit] =
    seconds < 60
      ? [seconds, "second"]
      : seconds < 3600
        ? [seconds / 60, "minute"]
        : [seconds / 3600, "hour"];
  return new Intl.NumberFormat(language(), {
    style: "unit",
    unit: unit as string,
    unitDisplay: "short",
    maximumFractionDigits: 0,
  }).format(Math.ceil(value as number));
}
