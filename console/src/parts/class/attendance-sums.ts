/** Sums over the attendance: minutes, first and last of each person, and the number over time. */

import type { Member } from "../../api/classes";
import type { components } from "../../api/schema";

export type Stay = components["schemas"]["Attendance"];

export interface Attended {
  identifier: string;
  displayName: string;
  role: Member["role"];
  minutes: number;
  /** Unix seconds; null for one who was never there. */
  first: number | null;
  last: number | null;
  isPresent: boolean;
}

/** The number of people who were present from a time on. */
export interface Count {
  at: number;
  present: number;
}

function endOf(stay: Stay, now: number): number {
  return Math.max(stay.entered_at, stay.left_at ?? now);
}

/** Return everybody on the roster and everybody who was there, by user name. */
export function sumUp(stays: readonly Stay[], members: readonly Member[], now: number): Attended[] {
  const people = new Map<string, Attended>();
  const seconds = new Map<string, number>();
  for (const { identifier, display_name, role } of members) {
    const displayName = display_name || identifier;
    const never = { minutes: 0, first: null, last: null, isPresent: false };
    people.set(identifier, { identifier, displayName, role, ...never });
  }
  for (const stay of stays) {
    const { identifier, role, entered_at } = stay;
    const end = endOf(stay, now);
    const before = people.get(identifier);
    const sum = (seconds.get(identifier) ?? 0) + end - entered_at;
    seconds.set(identifier, sum);
    people.set(identifier, {
      identifier,
      displayName: before?.displayName ?? (stay.display_name || identifier),
      role: before?.role ?? role,
      minutes: Math.round(sum / 60),
      first: Math.min(before?.first ?? entered_at, entered_at),
      last: Math.max(before?.last ?? end, end),
      isPresent: before?.isPresent === true || stay.left_at === null,
    });
  }
  return [...people.values()].sort((one, other) => (one.identifier < other.identifier ? -1 : 1));
}

/** Return how many were present, at each moment when that changed, and now or at the end. */
export function countOverTime(stays: readonly Stay[], now: number): Count[] {
  const changes = new Map<number, number>();
  const change = (at: number, by: number) => changes.set(at, (changes.get(at) ?? 0) + by);
  for (const stay of stays) {
    change(stay.entered_at, 1);
    if (stay.left_at !== null) change(Math.max(stay.entered_at, stay.left_at), -1);
  }
  const counts: Count[] = [];
  let present = 0;
  for (const [at, by] of [...changes].sort(([one], [other]) => one - other)) {
    present += by;
    counts.push({ at, present });
  }
  const last = counts.at(-1);
  if (last && last.present > 0 && now > last.at) counts.push({ at: now, present: last.present });
  return counts;
}

/** Return the number at equal distances, for a table of at most `most` rows. */
export function sampled(counts: readonly Count[], most: number): Count[] {
  const first = counts[0]?.at ?? 0;
  const last = counts.at(-1)?.at ?? 0;
  const step = Math.max(60, Math.ceil((last - first) / most / 60) * 60);
  const rows: Count[] = [];
  let index = 0;
  for (let at = first; at <= last; at += step) {
    while ((counts[index + 1]?.at ?? Infinity) <= at) index += 1;
    rows.push({ at, present: counts[index]?.present ?? 0 });
  }
  return rows;
}
