/** A pasted roster: one user name per line, or `identifier,role`. No name needs quotes. */

import type { AssignableRole } from "../../api/classes";

export interface MemberLine {
  /** Counted from 1. */
  line: number;
  identifier: string;
  role: AssignableRole;
}

export interface LineFault {
  line: number;
  /** The text that is not a role. */
  role: string;
}

const ROLES: Record<string, AssignableRole> = {
  "": "student",
  student: "student",
  assistant: "assistant",
  学生: "student",
  助教: "assistant",
};
const SEPARATOR = /[,;\t，；]/;

/** Return the members by line, and the lines that are not understood. */
export function parseMembers(text: string): { members: MemberLine[]; faults: LineFault[] } {
  const members: MemberLine[] = [];
  const faults: LineFault[] = [];
  const lines = text.replace(/^\uFEFF/, "").split(/\r\n|\r|\n/);
  lines.forEach((content, index) => {
    const [identifier = "", role = ""] = content.split(SEPARATOR).map(unquote);
    const line = index + 1;
    if (!identifier || (line === 1 && identifier.toLowerCase() === "identifier")) return;
    const known = ROLES[role.toLowerCase()];
    if (known === undefined) faults.push({ line, role });
    else members.push({ line, identifier, role: known });
  });
  return { members, faults };
}

function unquote(cell: string): string {
  return cell.trim().replace(/^"(.*)"$/, "$1").trim();
}

/** Return the text of a CSV file: UTF-8, or GB18030 as spreadsheets in China write it. */
export async function readText(file: File): Promise<string> {
  const bytes = await file.arrayBuffer();
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return new TextDecoder("gb18030").decode(bytes);
  }
}
