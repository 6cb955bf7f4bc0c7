/** Fetches again and again while the page is visible, so that what is shown stays fresh. */

import type { ReactiveController, ReactiveControllerHost } from "lit";

import { isSessionLost, Refusal, SESSION_STARTED } from "../api/client";

const PERIOD = 5_000; // milliseconds
const LONGEST = 20_000; // a server that was restarted is back sooner

export class Poll<T> implements ReactiveController {
  /** The newest answer; null before the first. */
  value: T | null = null;
  /** Why the last attempt failed; null if it did not. */
  error: Error | null = null;

  private timer = 0;
  private failures = 0;
  private isConnected = false;
  /** Counts the attempts, so that the answer to an older one is not shown. */
  private turn = 0;

  constructor(
    private readonly host: ReactiveControllerHost,
    private readonly fetch: () => Promise<T>,
    private readonly period = PERIOD,
  ) {
    host.addController(this);
  }

  hostConnected(): void {
    this.isConnected = true;
    document.addEventListener("visibilitychange", this.onVisibility);
    window.addEventListener(SESSION_STARTED, this.onVisibility);
    // The host has its properties when its first update runs.
    void this.host.updateComplete.then(() => this.refresh());
  }

  hostDisconnected(): void {
    this.isConnected = false;
    this.turn += 1;
    window.clearTimeout(this.timer);
    document.removeEventListener("visibilitychange", this.onVisibility);
    window.removeEventListener(SESSION_STARTED, this.onVisibility);
  }

  private onVisibility = (): void => {
    window.clearTimeout(this.timer);
    if (!document.hidden) void this.refresh();
  };

  /** Fetch now, as after a change; the answer to an attempt under way is dropped. */
  async refresh(): Promise<void> {
    if (!this.isConnected) return;
    window.clearTimeout(this.timer);
    const turn = ++this.turn;
    try {
      const value = await this.fetch();
      if (turn !== this.turn) return;
      this.value = value;
      this.error = null;
      this.failures = 0;
    } catch (error) {
      if (turn !== this.turn) return;
      this.error = error instanceof Error ? error : new Error(String(error));
      this.failures += 1;
    }
    this.host.requestUpdate();
    if (isSessionLost(this.error)) return; // until somebody has signed in again
    if (!document.hidden) this.timer = window.setTimeout(() => void this.refresh(), this.delay());
  }

  private delay(): number {
    const asked = this.error instanceof Refusal ? (this.error.retryAfter ?? 0) * 1000 : 0;
    return Math.max(asked, Math.min(LONGEST, this.period * 2 ** this.failures));
  }
}
