/** The import itself: the accounts of a checked list, some at a time. */

import { api, read, SESSION_STARTED } from "../../api/client";
import type { CheckedAccount } from "./account-list";

/** At once: a second or two of work for the server, which hashes every password. */
const PIECE = 20;

export interface Failure {
  identifier: string;
  message: string;
}

/**
 * Makes the accounts of a list, from the first to the last, also while another page of the console is
 * open.
 *
 * It can be stopped, and after an error it goes on where it was. An account that an answer which
 * was lost had made is not made twice: it counts as made.
 */
export class ImportRun extends EventTarget {
  isRunning = false;
  /** Why it stopped; null if nothing went wrong. */
  error: Error | null = null;
  done = 0;
  created = 0;
  readonly failures: Failure[] = [];
  private wantsStop = false;
  /** How many accounts were sent without an answer. */
  private unanswered = 0;

  /** `list`: what was checked, whose `accounts` are made. */
  constructor(
    readonly list: readonly CheckedAccount[],
    readonly accounts: readonly CheckedAccount[],
  ) {
    super();
  }

  get isComplete(): boolean {
    return this.done >= this.accounts.length;
  }

  stop(): void {
    this.wantsStop = true;
  }

  /** Go on until the end, until it is stopped, or until something goes wrong. */
  async proceed(): Promise<void> {
    if (this.isRunning) return;
    this.wantsStop = false;
    this.error = null;
    this.isRunning = true;
    window.addEventListener("beforeunload", warn);
    this.announce();
    try {
      while (!this.isComplete && !this.wantsStop) {
        await this.send(this.accounts.slice(this.done, this.done + PIECE));
        this.announce();
      }
    } catch (error) {
      this.error = error as Error;
    } finally {
      this.isRunning = false;
      window.removeEventListener("beforeunload", warn);
      this.announce();
    }
  }

  private announce(): void {
    this.dispatchEvent(new Event("changed"));
  }

  private async send(piece: readonly CheckedAccount[]): Promise<void> {
    const accounts = piece.map((each) => ({
      identifier: each.identifier,
      password: each.password,
      role: each.role,
      display_name: each.display_name || null,
    }));
    const repeated = this.unanswered > 0;
    this.unanswered = piece.length;
    const { results } = await read(api.POST("/v1/admin/accounts", { body: { accounts } }));
    this.unanswered = 0;
    for (const result of results) {
      if (result.status === "created" || (repeated && result.reason === "identifier_taken")) {
        this.created += 1;
      } else {
        this.failures.push({ identifier: result.identifier, message: result.message ?? "" });
      }
    }
    this.done += piece.length;
  }
}

/** Ask before the browser leaves the console while an import runs. */
function warn(event: BeforeUnloadEvent): void {
  event.preventDefault();
}

let current: { run: ImportRun; owner: string } | null = null;

/** Return the import of this person that was not put away; null if there is none. */
export function currentRun(owner: string): ImportRun | null {
  return current?.owner === owner ? current.run : null;
}

/** Keep an import while other pages are open; null puts it away. */
export function keepRun(owner: string, run: ImportRun | null): void {
  current = run && { run, owner };
}

// Nobody else gets to see the passwords.
window.addEventListener(SESSION_STARTED, (event) => {
  if (current && (event as CustomEvent<string>).detail !== current.owner) {
    current.run.stop();
    current = null;
  }
});
