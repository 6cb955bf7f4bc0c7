/** The uploads of a class, a few at once. They go on while another page of the console is open. */

import { SESSION_STARTED } from "../../../api/client";
import { Upload, type UploadState } from "./upload";
import { UnfinishedUploads } from "./unfinished";

const AT_ONCE = 3;
const WINDOW = 5000; // milliseconds over which the speed is measured

interface Sample {
  at: number;
  bytes: number;
}

export class UploadQueue extends EventTarget {
  readonly uploads: Upload[] = [];
  private readonly unfinished: UnfinishedUploads;
  private readonly known = new Map<Upload, number>();
  private samples: Sample[] = [];
  private moved = 0; // bytes that were sent while this page is open

  constructor(
    identifier: string,
    private readonly classroomId: number,
  ) {
    super();
    window.addEventListener(SESSION_STARTED, (event) => {
      if ((event as CustomEvent<string>).detail === identifier) this.resumeAll("signed-out");
      else for (const each of this.uploads) each.pause("signed-out");
    });
    this.unfinished = new UnfinishedUploads(identifier, classroomId);
    for (const kept of this.unfinished.list()) {
      this.push(kept.name, kept.size, null, kept);
    }
  }

  /** Upload files; one that was begun before continues. */
  add(files: readonly File[]): void {
    for (const file of files) {
      if (this.uploads.some((each) => each.offer(file))) continue;
      this.push(file.name, file.size, file, null);
    }
    this.onChange();
    this.fill();
  }

  pause(upload: Upload): void {
    upload.pause();
    this.fill();
  }

  resume(upload: Upload): void {
    upload.resume();
    this.fill();
  }

  pauseAll(): void {
    for (const each of this.uploads) each.pause();
  }

  resumeAll(state: UploadState = "paused"): void {
    for (const each of this.uploads) if (each.state === state) each.resume();
    this.fill();
  }

  /** Stop an upload and take it out. Throws Unreachable, and Refusal of the server's own errors. */
  async remove(upload: Upload): Promise<void> {
    if (upload.state !== "done") await upload.cancel();
    this.uploads.splice(this.uploads.indexOf(upload), 1);
    this.onChange();
    this.fill();
  }

  removeDone(): void {
    const rest = this.uploads.filter((each) => each.state !== "done");
    this.uploads.splice(0, this.uploads.length, ...rest);
    this.onChange();
  }

  /** Uploads that count for the progress in all. */
  private get counted(): Upload[] {
    return this.uploads.filter((each) => each.state !== "refused");
  }

  get sent(): number {
    return this.counted.reduce((sum, each) => sum + each.sent, 0);
  }

  get size(): number {
    return this.counted.reduce((sum, each) => sum + each.size, 0);
  }

  get isSending(): boolean {
    return this.uploads.some((each) => each.state === "sending");
  }

  /** Bytes per second; null while nothing is known. */
  get speed(): number | null {
    const first = this.samples[0];
    const last = this.samples.at(-1);
    if (!this.isSending || !first || !last || last.at - first.at < 500) return null;
    return ((last.bytes - first.bytes) / (last.at - first.at)) * 1000;
  }

  /** Seconds; null while nothing is known. */
  get timeLeft(): number | null {
    return this.speed ? (this.size - this.sent) / this.speed : null;
  }

  private push(...[name, size, file, kept]: NewUpload): void {
    const upload = new Upload(
      name,
      size,
      this.classroomId,
      this.unfinished,
      () => this.onChange(),
      file,
      kept?.uploadId ?? null,
      kept,
    );
    this.uploads.push(upload);
  }

  private fill(): void {
    if (this.uploads.some((each) => each.state === "signed-out")) return;
    let free = AT_ONCE - this.uploads.filter((each) => each.isRunning).length;
    for (const each of this.uploads) {
      if (free <= 0) break;
      if (each.state !== "waiting") continue;
      free -= 1;
      void each.run().finally(() => {
        if (each.state === "done") this.dispatchEvent(new Event("arrived"));
        this.fill();
      });
    }
  }

  private onChange(): void {
    this.measure();
    this.dispatchEvent(new Event("changed"));
  }

  private measure(): void {
    const now = performance.now();
    for (const each of this.uploads) {
      const before = this.known.get(each);
      // What was stored before counts as progress, but not as speed.
      if (before !== undefined && each.sent > before) this.moved += each.sent - before;
      if (each.state === "sending" && (each.sent > 0 || before !== undefined)) {
        this.known.set(each, each.sent);
      }
    }
    this.samples = this.samples.filter((each) => now - each.at <= WINDOW);
    this.samples.push({ at: now, bytes: this.moved });
  }
}

type NewUpload = [
  name: string,
  size: number,
  file: File | null,
  kept: ReturnType<UnfinishedUploads["list"]>[number] | null,
];

const queues = new Map<string, UploadQueue>();

/** Return the queue of an account in a class; the same one for as long as the page is open. */
export function queueOf(identifier: string, classroomId: number): UploadQueue {
  const key = `${identifier}/${classroomId}`;
  let queue = queues.get(key);
  if (!queue) queues.set(key, (queue = new UploadQueue(identifier, classroomId)));
  return queue;
}
