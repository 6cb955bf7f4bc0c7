/** What the console knows of itself: who is signed in, and whether an emulator runs beside it. */

import { api, read } from "./client";
import type { components } from "./schema";

export type ConsoleState = components["schemas"]["ConsoleState"];

/** Return the state of the console. Throws Unreachable. */
export function consoleState(): Promise<ConsoleState> {
  return read(api.GET("/v1/console/session"));
}
