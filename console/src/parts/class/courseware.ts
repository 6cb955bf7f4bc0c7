/** The courseware of a class: upload, download, delete. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { api, read } from "../../api/client";
import type { components } from "../../api/schema";
import { moment, t } from "../../i18n/text";
import { Page } from "../page";
import { question } from "../question";
import { named } from "../named";
import { readableSize } from "./sizes";
import { queueOf } from "./uploads/queue";
import type { ClassView } from "./view";
import { moreButton, recordsTable } from "../records";

import "./upload-queue";
import "../../courseware.css";

type Courseware = components["schemas"]["Courseware"];

const PAGE = 50;

@customElement("cg-courseware")
export class CoursewareSection extends Page {
  @property({ attribute: false }) view!: ClassView;

  @state() private items: Courseware[] | null = null;
  @state() private nextCursor: string | null = null;
  @state() private doomed: Courseware | null = null;

  private get classroomId(): number {
    return this.view.classroom.classroom_id;
  }

  private get mayDelete(): boolean {
    const { me } = this.view.classroom;
    return me !== null && !me.kicked && me.role !== "student";
  }

  /** Whether there is something to show of uploads: they outlive a lost role, to say why they end. */
  private get hasUploads(): boolean {
    return queueOf(this.view.account.identifier, this.classroomId).uploads.length > 0;
  }

  protected override firstUpdated(): void {
    void this.attempt(() => this.load(null));
  }

  private async load(cursor: string | null): Promise<void> {
    const params = {
      path: { classroom_id: this.classroomId },
      query: { limit: PAGE, ...(cursor === null ? {} : { cursor }) },
    };
    const page = await read(api.GET("/v1/classrooms/{classroom_id}/courseware", { params }));
    this.items = cursor === null ? page.items : [...(this.items ?? []), ...page.items];
    this.nextCursor = page.next_cursor;
  }

  private reload = (): void => {
    void this.load(null).catch((error: unknown) => {
      this.error = error as Error;
    });
  };

  /** An address works for an hour: fetch another one if the page was open for longer. */
  private async onDownload(event: Event, item: Courseware): Promise<void> {
    if (item.download_expires_at * 1000 > Date.now() + 60_000) return;
    event.preventDefault();
    await this.attempt(async () => {
      await this.load(null);
      const fresh = this.items?.find((each) => each.id === item.id);
      if (fresh) location.assign(fresh.download_url);
    });
  }

  private deleteFile = (item: Courseware): Promise<void> =>
    this.attempt(async () => {
      const params = { path: { courseware_id: item.id } };
      await read(api.DELETE("/v1/courseware/{courseware_id}", { params }));
      await this.load(null);
      this.done = t("courseware.deleted", { name: item.file_name });
    });

  protected override render() {
    return html`<section aria-labelledby="courseware-title">
      <h2 id="courseware-title">${t("courseware.title")}</h2>
      ${this.view.may.upload || this.hasUploads
        ? html`<cg-upload-queue
            .classroomId=${this.classroomId}
            .identifier=${this.view.account.identifier}
            ?closed=${!this.view.may.upload}
            @arrived=${this.reload}
          ></cg-upload-queue>`
        : nothing}
      ${this.outcome()} ${this.content()} ${this.deletion()}
    </section>`;
  }

  private content() {
    if (this.items === null) return this.error ? nothing : html`<wa-spinner></wa-spinner>`;
    if (this.items.length === 0) {
      return html`<p class="empty">
        ${t(this.view.may.upload ? "courseware.emptyStaff" : "courseware.empty")}
      </p>`;
    }
    return html`${recordsTable(
      [
        t("courseware.file"),
        t("courseware.size"),
        t("courseware.by"),
        null,
      ],
      this.items.map((each) => this.row(each)), "courseware",
    )}
      ${moreButton(this.nextCursor, this.busy, this.more)}`;
  }

  private more = (): Promise<void> => this.attempt(() => this.load(this.nextCursor));

  private row(item: Courseware) {
    const name = item.file_name;
    const by = item.uploaded_by;
    return html`<tr>
      <th scope="row">
        <bdi>${name}</bdi>
        <div class="quiet">${item.content_type}</div>
      </th>
      <td>${readableSize(item.size)}</td>
      <td>
        <bdi>${by === null ? t("courseware.byNobody") : by.display_name || by.identifier}</bdi>
        <div class="quiet">${moment(item.created_at)}</div>
      </td>
      <td class="actions">
        <wa-button
          size="s"
          appearance="outlined"
          href=${item.download_url}
          @click=${(event: Event) => this.onDownload(event, item)}
          >${named(t("courseware.download"), t("courseware.downloadOf", { name }))}</wa-button
        >
        ${this.mayDelete
          ? html`<wa-button
              size="s"
              appearance="plain"
              variant="danger"
              @click=${() => {
                this.doomed = item;
              }}
              >${named(t("courseware.delete"), t("courseware.deleteOf", { name }))}</wa-button
            >`
          : nothing}
      </td>
    </tr>`;
  }

  private deletion() {
    const { doomed } = this;
    return question({
      isAsked: doomed !== null,
      title: t("courseware.deleteTitle"),
      text: t("courseware.deleteWarning", { name: doomed?.file_name ?? "" }),
      submit: t("courseware.deleteSubmit"),
      onYes: () => doomed && void this.deleteFile(doomed),
      onClosed: () => {
        this.doomed = null;
      },
    });
  }
}
