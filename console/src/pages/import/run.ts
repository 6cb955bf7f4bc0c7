/** The import itself: the accounts of a checked list, some at a time. */

import { api, read } from "../../api/client";
import type { CheckedAccount } from "./account-list";

/** At once: a second or two of work for the server, which hashes every password. */
const PIECE = 20;

export interface Failure {
  identifier: string;
  message: string;
}

/**
 * Makes the accounts of a list, from the first to the last.
 *
 * It can be stopped, and after an error it goes on where it was. An account that an answer which
 * was lost had made is not made twice: it counts as made.
 */
export class ImportRun {
  done = 0;
  created = 0;
  readonly failures: Failure[] = [];
  private wantsStop = false;
  /** How many accounts were sent without an answer. */
  private unanswered = 0;

  constructor(readonly accounts: readonly CheckedAccount[]) {}

  get isComplete(): boolean {
    return this.done >= this.accounts.length;
  }

  stop(): void {
    this.wantsStop = true;
  }

  /** Go on until the end, or until it is stopped. Throws what the API throws. */
  async proceed(onProgress: () => void): Promise<void> {
    this.wantsStop = false;
    while (!this.isComplete && !this.wantsStop) {
      await this.send(this.accounts.slice(this.done, this.done + PIECE));
      onProgress();
    }
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
