/** The session of this browser. Its token is in a cookie that no script can read. */

import { type Account, api, read } from "./client";

/** Open a session. Throws Refusal. */
export async function signIn(identifier: string, password: string): Promise<Account> {
  const opened = await read(
    api.POST("/v1/console/session", { body: { identifier, password } }),
  );
  return opened.account;
}

/** Return who is signed in here; null for nobody. */
export async function findAccount(): Promise<Account | null> {
  const state = await read(api.GET("/v1/console/session"));
  return state.session?.account ?? null;
}

/** End the session, here and on the server. */
export async function signOut(): Promise<void> {
  await read(api.DELETE("/v1/console/session"));
}
