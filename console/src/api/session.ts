/** The session of this browser. Its token is in a cookie that no script can read. */

import { type Account, api, read, Refusal } from "./client";

/** Open a session. Throws Refusal. */
export async function signIn(identifier: string, password: string): Promise<Account> {
  const opened = await read(
    api.POST("/v1/console/session", { body: { identifier, password } }),
  );
  return opened.account;
}

/** Return who is signed in here; null for nobody. */
export async function findAccount(): Promise<Account | null> {
  try {
    return await read(api.GET("/v1/me"));
  } catch (error) {
    if (error instanceof Refusal && error.problem.status === 401) return null;
    throw error;
  }
}

/** End the session, here and on the server. */
export async function signOut(): Promise<void> {
  await read(api.DELETE("/v1/console/session"));
}
