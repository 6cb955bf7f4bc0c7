/** One class: its state, what may be done with it, and its sections. */

import { html, nothing } from "lit";
import { customElement, property, query } from "lit/decorators.js";

import { startClass } from "../api/classes";
import { type Account, api, read, Refusal } from "../api/client";
import { t } from "../i18n/text";
import { type ClassSection, SECTIONS } from "../parts/class/sections";
import { stateTag, timesOf, titleOf } from "../parts/class/summary";
import { type ClassView, rightsOf } from "../parts/class/view";
import type { EditClassDialog } from "../parts/class/edit-dialog";
import type { EndClassDialog } from "../parts/class/end-dialog";
import type { HostDialog } from "../parts/class/host-dialog";
import { decoded } from "../parts/decoded";
import { loaded } from "../parts/loaded";
import { errorCallout, Page } from "../parts/page";
import { Poll } from "../parts/poll";

import "../parts/class/edit-dialog";
import "../parts/class/end-dialog";
import "../parts/class/host-dialog";
import "../classes.css";
import "../office.css";

@customElement("cg-class")
export class ClassPage extends Page {
  @property({ attribute: false }) account!: Account;
  /** The address behind `/classes/`: number, section and its argument. */
  @property() path = "";

  @query("cg-edit-class") private editDialog!: EditClassDialog;
  @query("cg-end-class") private endDialog!: EndClassDialog;
  @query("cg-host-dialog") private hostDialog!: HostDialog;

  private poll = new Poll(this, () => {
    const params = { path: { classroom_id: this.classroomId } };
    return read(api.GET("/v1/classrooms/{classroom_id}", { params }));
  });

  private get classroomId(): number {
    return Number(this.path.split("/")[0]);
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get("path");
    if (typeof before !== "string" || before.split("/")[0] === String(this.classroomId)) return;
    this.poll.value = null;
    void this.poll.refresh();
    this.requestUpdate();
  }

  private onChanged(event: Event): void {
    const text = event instanceof CustomEvent ? (event.detail as string | null) : null;
    if (text) this.done = text;
    void this.poll.refresh();
  }

  private start = (): Promise<void> =>
    this.attempt(async () => {
      await startClass(this.classroomId);
      this.done = t("class.started");
      await this.poll.refresh();
    });

  protected override render() {
    const classroom = this.poll.value;
    if (!classroom) return this.withoutClass();
    const may = rightsOf(classroom, this.account);
    const [, name = "", argument = ""] = this.path.split("/").map(decoded);
    const view: ClassView = { classroom, account: this.account, may, argument };
    return html`<div
      @changed=${this.onChanged}
      @change-host=${() => this.hostDialog.show(classroom)}
    >
      ${this.header(view)} ${this.outcome()}
      ${this.poll.error ? errorCallout(this.poll.error) : nothing} ${this.sections(view, name)}
      <cg-edit-class></cg-edit-class><cg-end-class></cg-end-class><cg-host-dialog></cg-host-dialog>
    </div>`;
  }

  private withoutClass() {
    const { error } = this.poll;
    if (!error) return html`<wa-spinner></wa-spinner>`;
    const isGone = error instanceof Refusal && error.reason === "classroom_not_found";
    return html`${isGone ? html`<p class="empty">${t("class.notFound")}</p>` : errorCallout(error)}
      <a href="#/classes">${t("class.toList")}</a>`;
  }

  private header(view: ClassView) {
    const { classroom, may } = view;
    return html`<p class="back"><a href="#/classes">${t("class.toList")}</a></p>
      <div class="title-bar">
        <h1><bdi>${titleOf(classroom)}</bdi> ${stateTag(classroom)}</h1>
        <div class="buttons">
          ${may.start
            ? html`<wa-button variant="brand" ?loading=${this.busy} @click=${this.start}
                >${t("class.start")}</wa-button
              >`
            : nothing}
          ${may.end
            ? html`<wa-button
                variant="danger"
                appearance="outlined"
                @click=${() => this.endDialog.show(classroom)}
                >${t("class.end")}</wa-button
              >`
            : nothing}
          ${may.edit
            ? html`<wa-button
                appearance="outlined"
                @click=${() => this.editDialog.show(classroom)}
                >${t("class.edit")}</wa-button
              >`
            : nothing}
          ${may.changeHost
            ? html`<wa-button
                appearance="outlined"
                @click=${() => this.hostDialog.show(classroom)}
                >${t("class.changeHost")}</wa-button
              >`
            : nothing}
        </div>
      </div>
      <p class="quiet">
        ${timesOf(classroom)} · ${t("class.hostIs", { name: classroom.host })} ·
        ${t("class.number", { id: classroom.classroom_id })}
        ${classroom.open ? html` · ${t("class.isOpen")}` : nothing}
      </p>`;
  }

  private sections(view: ClassView, name: string) {
    const offered = SECTIONS.filter((each) => each.isFor(view));
    const shown = offered.find((each) => each.name === name) ?? offered[0];
    if (!shown) return html`<p class="empty">${t("class.nothingForYou")}</p>`;
    return html`<nav class="tabs" aria-label=${t("class.sections")}>
        ${offered.map((each) => this.link(view, each, each === shown))}
      </nav>
      ${loaded(shown.tag, shown.load(), shown.render(view))}`;
  }

  private link(view: ClassView, section: ClassSection, isShown: boolean) {
    return html`<a
      href=${`#/classes/${view.classroom.classroom_id}/${section.name}`}
      aria-current=${isShown ? "page" : "false"}
      >${t(section.title)}</a
    >`;
  }
}
