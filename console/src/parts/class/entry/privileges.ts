/** What the bits of a PrivateMapKey's privilege map allow in the room. */

import type { components } from "../../../api/schema";

export type EntryCredentials = components["schemas"]["EntryCredentials"];

/** In the order of the bits: 1, 2, 4, … */
const PRIVILEGES = [
  "createRoom",
  "enterRoom",
  "sendAudio",
  "receiveAudio",
  "sendVideo",
  "receiveVideo",
  "sendSubstream",
  "receiveSubstream",
] as const;

/** Return the privileges of the map. */
export function privilegesIn(map: number): (typeof PRIVILEGES)[number][] {
  return PRIVILEGES.filter((_, bit) => (map & (1 << bit)) !== 0);
}
