/** The HTTP API, typed by its own description, as the console calls it: with the session's cookie. */

import createClient, { type Middleware } from "openapi-fetch";

import { language } from "../i18n/language";
import { passwordAgain } from "./confirmation";
import type { components, paths } from "./schema";

export type ProblemBody = components["schemas"]["Problem"];
export type Account = components["schemas"]["Account"];
export type ManagedAccount = components["schemas"]["ManagedAccount"];
export type Session = components["schemas"]["Session"];
export type ConsoleSession = components["schemas"]["ConsoleSession"];
export type SecondFactorSetUp = components["schemas"]["SecondFactorSetUp"];

/** The server refused a call. `message` says why, in the language of the page. */
export class Refusal extends Error {
  constructor(
    readonly problem: ProblemBody,
    /** Seconds after which to try again, where the server says so. */
    readonly retryAfter: number | null,
  ) {
    super(problem.detail);
  }

  get reason(): string {
    return this.problem.reason;
  }
}

/** No answer came: the server is down, or the line is. */
export class Unreachable extends Error {}

/** Fired on `window` when the session has ended, so that the page can ask to sign in again. */
export const SESSION_ENDED = "session-ended";
/** Fired on `window` when somebody has signed in; `detail` is the user name. */
export const SESSION_STARTED = "session-started";
/** Fired on `window` when what the session needs may have changed, as a second factor. `detail`: what
 * was done, to be shown on the page that follows. */
export const SESSION_CHANGED = "session-changed";

const consoleHeaders: Middleware = {
  onRequest({ request }) {
    request.headers.set("X-Classgate-Console", "1"); // proves a call by this page, see rule 12
    request.headers.set("Accept-Language", language());
    return request;
  },
};

/** Milliseconds for an answer. When the line was lost without a word, as while a computer slept, the
 * browser itself waits for many minutes. */
const PATIENCE = 30_000;

/** Gives up a call that only reads, and its connection. Others may have been done, and go on. */
const patience: Middleware = {
  onRequest({ request }) {
    if (request.method !== "GET") return undefined;
    const given = new AbortController();
    window.setTimeout(() => given.abort(), PATIENCE);
    return new Request(request, { signal: given.signal });
  },
};

const client = createClient<paths>({ baseUrl: location.origin, credentials: "same-origin" });
client.use(consoleHeaders, patience, passwordAgain);

export const api = client;

interface Answer<T> {
  data?: T;
  error?: unknown;
  response: Response;
}

/** Await an answer and return its body. Throws Refusal or Unreachable. */
export async function read<T>(pending: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await pending;
  } catch (error) {
    throw new Unreachable(String(error));
  }
  if (answer.response.ok) return answer.data as T;
  throw refusalOf(answer.error, answer.response);
}

function refusalOf(body: unknown, response: Response): Error {
  if (!isProblem(body)) return new Unreachable(`HTTP ${response.status}`);
  const after = Number(response.headers.get("Retry-After"));
  const refusal = new Refusal(body, after > 0 ? after : null);
  if (isSessionLost(refusal)) window.dispatchEvent(new Event(SESSION_ENDED));
  if (body.reason === "second_factor_missing") window.dispatchEvent(new Event(SESSION_CHANGED));
  return refusal;
}

/** Whether a call failed because nobody is signed in any more. */
export function isSessionLost(error: unknown): boolean {
  return (
    error instanceof Refusal &&
    (error.reason === "session_ended" || error.reason === "token_missing")
  );
}

function isProblem(body: unknown): body is ProblemBody {
  return typeof body === "object" && body !== null && "reason" in body && "detail" in body;
}
