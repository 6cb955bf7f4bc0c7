/** The session of this browser. Its token is in a cookie that no script can read. */

import { api, type ConsoleSession, read } from "./client";

/** Open a session. `code`: of the second factor. Throws Refusal. */
export async function signIn(
  identifier: string,
  password: string,
  code: string | null,
): Promise<ConsoleSession> {
  return read(api.POST("/v1/console/session", { body: { identifier, password, code } }));
}

/** Return the session of this browser; null if nobody is signed in here. */
export async function findSession(): Promise<ConsoleSession | null> {
  const state = await read(api.GET("/v1/console/session"));
  return state.session;
}

/** Whether nothing but the set-up of a second factor is allowed. */
export function needsSecondFactor(session: ConsoleSession): boolean {
  return session.second_factor_required && !session.has_second_factor;
}

/** End the session, here and on the server. */
export async function signOut(): Promise<void> {
  await read(api.DELETE("/v1/console/session"));
}
