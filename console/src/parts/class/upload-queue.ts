/** The uploads that are under way: choose files, watch them, pause, continue, cancel. */

import { html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import "@awesome.me/webawesome/dist/components/progress-bar/progress-bar.js";

import { Refusal } from "../../api/client";
import { t } from "../../i18n/text";
import { Page } from "../page";
import { named } from "../named";
import { readableDuration, readableSize } from "./sizes";
import { filesOf, withoutSystemFiles } from "./uploads/files";
import { type UploadQueue, queueOf } from "./uploads/queue";
import type { Upload } from "./uploads/upload";
import { reasonOf } from "./uploads/reasons";

@customElement("cg-upload-queue")
export class UploadQueueElement extends Page {
  @property({ attribute: false }) classroomId = 0;
  @property({ attribute: false }) identifier = "";
  /** Nothing more may be uploaded: only what was begun is shown. */
  @property({ type: Boolean }) closed = false;

  @state() private isOver = false;
  @query("#upload-files") private files!: HTMLInputElement;
  @query("#upload-folder") private folder!: HTMLInputElement;

  private queue: UploadQueue | null = null;
  private frame = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    this.queue = queueOf(this.identifier, this.classroomId);
    this.queue.addEventListener("changed", this.redraw);
    this.queue.addEventListener("arrived", this.onArrived);
  }

  override disconnectedCallback(): void {
    this.queue?.removeEventListener("changed", this.redraw);
    this.queue?.removeEventListener("arrived", this.onArrived);
    cancelAnimationFrame(this.frame);
    super.disconnectedCallback();
  }

  /** Progress comes far more often than it can be seen. */
  private redraw = (): void => {
    cancelAnimationFrame(this.frame);
    this.frame = requestAnimationFrame(() => this.requestUpdate());
  };

  private onArrived = (): void => {
    this.dispatchEvent(new Event("arrived"));
  };

  private async onDrop(event: DragEvent): Promise<void> {
    event.preventDefault();
    this.isOver = false;
    if (event.dataTransfer) this.queue?.add(await filesOf(event.dataTransfer));
  }

  private onChosen(event: Event): void {
    const input = event.target as HTMLInputElement;
    const chosen = [...(input.files ?? [])];
    this.queue?.add(input === this.folder ? withoutSystemFiles(chosen) : chosen);
    input.value = ""; // so that the same file can be chosen again
  }

  private onDragOver(event: DragEvent): void {
    event.preventDefault();
    this.isOver = true;
  }

  private withdraw(upload: Upload): Promise<void> {
    return this.attempt(async () => this.queue?.remove(upload));
  }

  protected override render() {
    const uploads = this.queue?.uploads ?? [];
    return html`${this.closed ? nothing : this.dropZone()} ${this.outcome()}
      ${uploads.length === 0 ? nothing : this.overview(uploads)}
      <ul class="uploads" aria-label=${t("courseware.uploads")}>
        ${uploads.map((each) => this.row(each))}
      </ul>`;
  }

  private dropZone() {
    return html`<div
        class="drop-zone ${this.isOver ? "over" : ""}"
        @dragover=${this.onDragOver}
        @dragleave=${() => (this.isOver = false)}
        @drop=${this.onDrop}
      >
        <p>${t("courseware.drop")}</p>
        <div class="buttons">
          <wa-button size="s" variant="brand" @click=${() => this.files.click()}>
            ${t("courseware.chooseFiles")}
          </wa-button>
          <wa-button size="s" appearance="outlined" @click=${() => this.folder.click()}>
            ${t("courseware.chooseFolder")}
          </wa-button>
        </div>
        <input
          id="upload-files"
          type="file"
          multiple
          hidden
          aria-label=${t("courseware.chooseFiles")}
          @change=${this.onChosen}
        />
        <input
          id="upload-folder"
          type="file"
          webkitdirectory
          hidden
          aria-label=${t("courseware.chooseFolder")}
          @change=${this.onChosen}
        />
      </div>`;
  }

  private overview(uploads: readonly Upload[]) {
    const queue = this.queue as UploadQueue;
    const done = uploads.filter((each) => each.state === "done").length;
    const isPaused = uploads.some((each) => each.state === "paused");
    const isActive = uploads.some((each) => each.isRunning || each.state === "waiting");
    return html`<div class="upload-overview">
      <div>
        <p>${t("courseware.progress", { done, count: uploads.length })}</p>
        <p class="quiet">${this.figures(queue)}</p>
      </div>
      <div class="buttons">
        ${isActive
          ? html`<wa-button size="s" appearance="outlined" @click=${() => queue.pauseAll()}>
              ${t("courseware.pauseAll")}
            </wa-button>`
          : nothing}
        ${isPaused
          ? html`<wa-button size="s" appearance="outlined" @click=${() => queue.resumeAll()}>
              ${t("courseware.resumeAll")}
            </wa-button>`
          : nothing}
        ${done > 0
          ? html`<wa-button size="s" appearance="plain" @click=${() => queue.removeDone()}>
              ${t("courseware.removeDone")}
            </wa-button>`
          : nothing}
      </div>
      ${bar(queue.sent, queue.size, t("courseware.uploads"))}
    </div>`;
  }

  private figures(queue: UploadQueue): string {
    const parts = [
      t("courseware.sizeOf", { sent: readableSize(queue.sent), size: readableSize(queue.size) }),
    ];
    const { speed, timeLeft } = queue;
    if (speed !== null) parts.push(t("courseware.speed", { speed: readableSize(speed) }));
    if (timeLeft !== null) parts.push(t("courseware.left", { time: readableDuration(timeLeft) }));
    return parts.join(" · ");
  }

  private row(upload: Upload) {
    const { name } = upload;
    return html`<li class="upload ${upload.state}">
      <div class="upload-name"><bdi>${name}</bdi></div>
      <div class="quiet">
        ${upload.isRunning
          ? t("courseware.sizeOf", {
              sent: readableSize(upload.sent),
              size: readableSize(upload.size),
            })
          : readableSize(upload.size)}
        · ${t(`courseware.state.${upload.state}`)}
      </div>
      <div class="buttons">${this.actions(upload)}</div>
      ${upload.isRunning || upload.state === "paused" || upload.state === "signed-out"
        ? bar(upload.sent, upload.size, name)
        : nothing}
      ${upload.error ? reason(upload.error) : nothing}
    </li>`;
  }

  private actions(upload: Upload) {
    const { name, state } = upload;
    const button = (text: string, label: string, act: () => void) =>
      html`<wa-button size="s" appearance="plain" @click=${act}>${named(text, label)}</wa-button>`;
    const queue = this.queue as UploadQueue;
    return html`
      ${state === "sending" || state === "waiting"
        ? button(t("courseware.pause"), t("courseware.pauseOf", { name }), () =>
            queue.pause(upload),
          )
        : nothing}
      ${state === "paused"
        ? button(t("courseware.resume"), t("courseware.resumeOf", { name }), () =>
            queue.resume(upload),
          )
        : nothing}
      ${state === "interrupted" || state === "refused"
        ? button(t("app.tryAgain"), t("courseware.againOf", { name }), () => queue.resume(upload))
        : nothing}
      ${state === "file-missing"
        ? button(t("courseware.chooseAgain"), t("courseware.chooseAgainOf", { name }), () =>
            this.files.click(),
          )
        : nothing}
      ${state === "completing"
        ? nothing
        : button(
            state === "done" || state === "refused"
              ? t("courseware.remove")
              : t("courseware.cancel"),
            t("courseware.cancelOf", { name }),
            () => void this.withdraw(upload),
          )}
    `;
  }
}

function bar(sent: number, size: number, label: string) {
  const percent = size > 0 ? Math.floor((sent / size) * 100) : 0;
  return html`<wa-progress-bar
    .value=${percent}
    label=${t("courseware.percentOf", { label })}
  ></wa-progress-bar>`;
}

function reason(error: Error) {
  return html`<p class="upload-reason" role="status">
    ${reasonOf(error)}
    ${error instanceof Refusal
      ? html`<span class="quiet">${t("app.requestId", { id: error.problem.request_id })}</span>`
      : nothing}
  </p>`;
}
