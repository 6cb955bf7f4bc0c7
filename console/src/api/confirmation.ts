/** Repeats a call that needs the password again, after asking for it. */

import type { Middleware } from "openapi-fetch";

/** Calls that may have to be repeated: a body can be sent once only. */
const unsent = new Map<string, Request>();

let asking: Promise<boolean> | null = null;

/** Ask once, however many calls wait for it. */
function ask(): Promise<boolean> {
  asking ??= import("../parts/confirm-password")
    .then(({ confirmPassword }) => confirmPassword())
    .finally(() => (asking = null));
  return asking;
}

async function needsConfirmation(response: Response): Promise<boolean> {
  if (response.status !== 403) return false;
  const problem: unknown = await response
    .clone()
    .json()
    .catch(() => null);
  return (problem as { reason?: string } | null)?.reason === "confirmation_needed";
}

export const passwordAgain: Middleware = {
  onRequest({ id, request }) {
    if (request.method !== "GET") unsent.set(id, request.clone());
  },
  async onResponse({ id, response }) {
    const again = unsent.get(id);
    unsent.delete(id);
    if (again && (await needsConfirmation(response)) && (await ask())) return fetch(again);
    return undefined;
  },
  onError({ id }) {
    unsent.delete(id);
  },
};
