/** A list of new accounts as a CSV file, which the same page imports. */

import type { components } from "../../api/schema";

export type CheckedAccount = components["schemas"]["CheckedAccount"];

const HEADER = "identifier,password,role,display_name";
const EXAMPLE = ["li_lei,,student,李雷", "wang,,teacher,王老师"];

/** Return the file that shows the format. */
export function exampleFile(): Blob {
  return toFile([HEADER, ...EXAMPLE]);
}

/** Return the file of these accounts, with their passwords. */
export function listFile(accounts: readonly CheckedAccount[]): Blob {
  return toFile([HEADER, ...accounts.map(line)]);
}

function toFile(lines: readonly string[]): Blob {
  // With a byte order mark, by which Excel knows UTF-8.
  return new Blob(["\ufeff", ...lines.map((each) => `${each}\r\n`)], { type: "text/csv" });
}

function line(account: CheckedAccount): string {
  return [
    quoted(escaped(account.identifier)),
    quoted(account.password ?? ""), // as it has to be typed
    account.role,
    quoted(escaped(account.display_name)),
  ].join(",");
}

/** Keep a spreadsheet from reading a formula. The importer drops the apostrophe. */
function escaped(name: string): string {
  return /^[=+@-]/.test(name) ? `'${name}` : name;
}

function quoted(cell: string): string {
  return /[",;\t\r\n]|^ | $/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell;
}

/** Let the browser save a file. */
export function save(file: Blob, name: string): void {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000); // some browsers read it later
}
