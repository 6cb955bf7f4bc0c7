/** One upload: announce the file, send it to the bucket, confirm its arrival. */

import { api, isSessionLost, read, Refusal, Unreachable } from "../../../api/client";
import { sendToBucket, StoreError, type UploadGrant } from "./bucket";
import { isSameFile, type UnfinishedUpload, type UnfinishedUploads } from "./unfinished";

export type UploadState =
  | "waiting" // for its turn
  | "sending"
  | "completing"
  | "interrupted" // by the line, the store or classgate; tried again by itself
  | "paused"
  | "signed-out" // the session has ended; goes on when the person has signed in again
  | "file-missing" // after a reload: the person has to choose the file again
  | "done"
  | "refused";

const LONGEST_WAIT = 30; // seconds
const MOST_STALE_CREDENTIALS = 3; // in a row, without progress

/** The file was moved, deleted or changed after it was chosen. */
export class FileUnreadable extends Error {}

export class Upload {
  state: UploadState = "waiting";
  sent = 0;
  error: Error | null = null;

  private stop = new AbortController();
  private last: Promise<void> = Promise.resolve();
  private wake: () => void = () => {};
  private grant: UploadGrant | null = null;
  private renewAt = 0; // milliseconds of this computer's clock
  private renewal: Promise<void> | null = null;
  /** Whether the bucket has the whole file, so that only its arrival is to be confirmed. */
  private isStored = false;

  constructor(
    readonly name: string,
    readonly size: number,
    private readonly classroomId: number,
    private readonly unfinished: UnfinishedUploads,
    private readonly onChange: () => void,
    private file: File | null,
    private uploadId: string | null = null,
    private readonly kept: UnfinishedUpload | null = null,
  ) {
    if (file === null) this.state = "file-missing";
  }

  get isOver(): boolean {
    return this.state === "done" || this.state === "refused";
  }

  get isRunning(): boolean {
    return ["sending", "completing", "interrupted"].includes(this.state);
  }

  /** Continue with the file if it is the one of this upload. */
  offer(file: File): boolean {
    if (this.state !== "file-missing" || !this.kept || !isSameFile(this.kept, file)) return false;
    this.file = file;
    this.set("waiting");
    return true;
  }

  pause(as: "paused" | "signed-out" = "paused"): void {
    if (!this.isRunning && this.state !== "waiting") return;
    this.set(as);
    this.stop.abort();
  }

  /** Wait for another turn. */
  resume(): void {
    if (this.state === "interrupted") this.wake();
    else if (["paused", "signed-out", "refused"].includes(this.state)) this.set("waiting");
  }

  /** Stop for good; what the bucket has of the file is cleaned up by the service. */
  async cancel(): Promise<void> {
    this.pause();
    await this.last; // it may be about to begin
    if (this.uploadId === null) return;
    const path = { upload_id: this.uploadId };
    try {
      await read(api.DELETE("/v1/uploads/{upload_id}", { params: { path } }));
    } catch (error) {
      if (!(error instanceof Refusal) || error.problem.status >= 500) throw error;
    }
    this.forget();
  }

  /** Run until the file has arrived, or the upload is refused or paused. */
  run(): Promise<void> {
    const { signal } = (this.stop = new AbortController());
    this.error = null;
    this.set("sending");
    this.last = this.last.then(() => this.runUntil(signal)); // one that was paused ends first
    return this.last;
  }

  private async runUntil(signal: AbortSignal): Promise<void> {
    let failures = 0;
    let before = this.sent;
    for (;;) {
      try {
        signal.throwIfAborted();
        this.error = null;
        this.set("sending");
        await this.runOnce(signal);
        this.set("done");
        return;
      } catch (error) {
        if (signal.aborted) return;
        failures = this.sent > before ? 0 : failures + 1;
        before = this.sent;
        if (isSessionLost(error)) {
          this.set("signed-out");
          return;
        }
        this.error = error as Error;
        if (!isTemporary(error, failures)) {
          this.set("refused");
          return;
        }
        this.set("interrupted");
        await this.wait(waitAfter(error, failures), signal);
        if (signal.aborted) return;
      }
    }
  }

  private async runOnce(signal: AbortSignal): Promise<void> {
    if (this.isStored) return this.complete();
    const file = await this.readableFile();
    this.grant = null;
    if (this.uploadId !== null && (await this.isContinued())) return;
    if (this.grant === null) await this.open(file);
    signal.throwIfAborted();
    await sendToBucket({
      file,
      signal,
      credentials: () => this.credentials(),
      onProgress: (sent) => {
        if (signal.aborted) return;
        this.sent = sent;
        this.onChange();
      },
    });
    this.isStored = true;
    await this.complete();
  }

  private async readableFile(): Promise<File> {
    if (this.file === null) throw new FileUnreadable();
    try {
      await this.file.slice(0, 1).arrayBuffer();
    } catch {
      throw new FileUnreadable();
    }
    return this.file;
  }

  /** Renew the credentials of an upload that was begun. Returns true if it is complete already. */
  private async isContinued(): Promise<boolean> {
    try {
      await this.renew();
      return false;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      if (error.reason === "upload_complete") {
        await this.complete();
        return true;
      }
      if (error.reason !== "upload_not_found" && error.reason !== "upload_closed") throw error;
      this.forget(); // abandoned meanwhile, or somebody else's: begin anew
      return false;
    }
  }

  private async open(file: File): Promise<void> {
    const params = { path: { classroom_id: this.classroomId } };
    const body = { file_name: file.name, size: file.size, content_type: file.type };
    this.take(await read(api.POST("/v1/classrooms/{classroom_id}/uploads", { params, body })));
    this.uploadId = this.grant?.upload_id ?? "";
    const { name, size, lastModified } = file;
    this.unfinished.add({ uploadId: this.uploadId, name, size, lastModified });
  }

  private async renew(): Promise<void> {
    const params = { path: { upload_id: this.uploadId ?? "" } };
    this.take(await read(api.POST("/v1/uploads/{upload_id}/credentials", { params })));
  }

  private take(grant: UploadGrant): void {
    this.grant = grant;
    this.renewAt = Date.now() + (grant.refresh_after - grant.server_time) * 1000;
  }

  /** Return the credentials; one renewal serves all parts that wait for it. */
  private async credentials(): Promise<UploadGrant> {
    if (Date.now() >= this.renewAt) {
      this.renewal ??= this.renew().finally(() => {
        this.renewal = null;
      });
      await this.renewal;
    }
    return this.grant as UploadGrant;
  }

  private async complete(): Promise<void> {
    this.set("completing");
    const params = { path: { upload_id: this.uploadId ?? "" } };
    try {
      await read(api.POST("/v1/uploads/{upload_id}/complete", { params }));
    } catch (error) {
      // Not as it was announced: only sending it again helps.
      if (error instanceof Refusal && error.problem.status === 409) this.isStored = false;
      throw error;
    }
    this.sent = this.size;
    this.forget();
  }

  private forget(): void {
    if (this.uploadId !== null) this.unfinished.remove(this.uploadId);
    this.uploadId = null;
  }

  /** Wait, until the line is back or somebody asks for it at the latest. */
  private wait(seconds: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        window.removeEventListener("online", done);
        resolve();
      };
      const timer = setTimeout(done, seconds * 1000);
      window.addEventListener("online", done);
      signal.addEventListener("abort", done, { once: true });
      this.wake = done;
    });
  }

  private set(state: UploadState): void {
    this.state = state;
    this.onChange();
  }
}

function isTemporary(error: unknown, failures: number): boolean {
  if (error instanceof Unreachable) return true;
  if (error instanceof Refusal) return error.problem.status >= 500 || error.problem.status === 429;
  if (!(error instanceof StoreError)) return false;
  if (error.status === 403) return failures < MOST_STALE_CREDENTIALS; // expired: others are issued
  return error.status === 0 || error.status === 429 || error.status >= 500;
}

function waitAfter(error: unknown, failures: number): number {
  if (error instanceof StoreError && error.status === 403) return 0;
  const asked = error instanceof Refusal ? error.retryAfter : null;
  const wait = asked ?? Math.min(2 ** Math.max(failures - 1, 0), LONGEST_WAIT);
  return wait * (1 + Math.random() / 4); // a whole school does not come back at once
}
