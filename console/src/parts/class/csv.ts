/** The attendance as a CSV file that spreadsheets open: UTF-8 with a byte order mark. */

import { t } from "../../i18n/text";
import type { Attended } from "./attendance-sums";

const BYTE_ORDER_MARK = "\uFEFF";
/** A spreadsheet takes a cell that begins so for a formula. */
const FORMULA = /^[=+\-@\t\r]/;

/** Return the file's text, a line for each person. */
export function attendanceCsv(people: readonly Attended[]): string {
  const head = [
    t("roster.identifier"),
    t("roster.name"),
    t("roster.role"),
    t("attendance.minutes"),
    t("attendance.first"),
    t("attendance.last"),
  ];
  const rows = people.map((each) => [
    each.identifier,
    each.displayName,
    t(`classRole.${each.role}`),
    String(each.minutes),
    timeOf(each.first),
    timeOf(each.last),
  ]);
  return BYTE_ORDER_MARK + [head, ...rows].map((row) => `${row.map(cell).join(",")}\r\n`).join("");
}

function cell(text: string): string {
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Local time, as spreadsheets of every language read it. */
function timeOf(seconds: number | null): string {
  if (seconds === null) return "";
  const date = new Date(seconds * 1000);
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}

/** Let the browser save a text as a file. */
export function saveFile(text: string, name: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  URL.revokeObjectURL(url);
}
