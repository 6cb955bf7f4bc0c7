/** One member: role and stage, mutes, kick, and removal. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { type AssignableRole, isBarred, type Member, setMember } from "../../api/classes";
import { api, read } from "../../api/client";
import { t } from "../../i18n/text";
import { FormDialog } from "../dialog";
import { muteChanges, muteFields } from "./mutes";
import { type ClassView, isHostOrAdmin } from "./view";

/** How long a kick lasts, in minutes; null until somebody lets the member in again. */
const KICKS: readonly [key: "kick.10" | "kick.60" | "kick.day" | "kick.ever", number | null][] = [
  ["kick.10", 10],
  ["kick.60", 60],
  ["kick.day", 24 * 60],
  ["kick.ever", null],
];

@customElement("cg-member-dialog")
export class MemberDialog extends FormDialog<Member> {
  @property({ attribute: false }) view!: ClassView;
  /** Whether the question is shown if the member is really to be removed. */
  @state() private asksRemoval = false;

  override show(member: Member): void {
    this.asksRemoval = false;
    super.show(member);
  }

  private get path() {
    return { classroom_id: this.view.classroom.classroom_id };
  }

  protected heading(member: Member): string {
    return t("roster.changeName", { name: nameOf(member) });
  }

  protected content(member: Member) {
    const barred = isBarred(member);
    return html`${this.outcome()} ${barred ? nothing : this.place(member)}
    ${this.view.may.mute ? this.mutes(member) : nothing} ${this.kick(member)}
    ${barred ? nothing : this.removal(member)}
    ${this.view.may.readRecords
      ? html`<p class="why-link">
          <a
            href=${`#/classes/${this.path.classroom_id}/why/${encodeURIComponent(member.identifier)}`}
            >${t("roster.why")}</a
          >
        </p>`
      : nothing}`;
  }

  private place(member: Member) {
    return html`<form
      class="wa-stack"
      @submit=${(event: SubmitEvent) => this.savePlace(event, member)}
    >
      <label
        >${t("roster.role")}
        <select name="role">
          <option value="student" ?selected=${member.role === "student"}>
            ${t("classRole.student")}
          </option>
          ${isHostOrAdmin(this.view)
            ? html`<option value="assistant" ?selected=${member.role === "assistant"}>
                ${t("classRole.assistant")}
              </option>`
            : nothing}
        </select></label
      >
      <label class="check"
        ><input type="checkbox" name="on_stage" ?checked=${member.on_stage} />
        ${t("roster.stageHint")}</label
      >
      <wa-button type="submit" variant="brand" ?loading=${this.busy}>${t("class.save")}</wa-button>
    </form>`;
  }

  private savePlace(event: SubmitEvent, member: Member): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void this.attempt(async () => {
      const role = fields.get("role") as AssignableRole;
      const { classroom_id } = this.path;
      const onStage = fields.get("on_stage") !== null && role === "student";
      await setMember(classroom_id, member.identifier, role, onStage);
      this.finish(t("roster.saved", { name: nameOf(member) }));
    });
  }

  private mutes(member: Member) {
    return html`<section>
      <h3>${t("mute.title")}</h3>
      <form
        class="wa-stack"
        @submit=${(event: SubmitEvent) => this.saveMutes(event, member)}
      >
        ${muteFields(member.muted)}
        <wa-button type="submit" appearance="outlined" ?loading=${this.busy}
          >${t("mute.save")}</wa-button
        >
      </form>
    </section>`;
  }

  private saveMutes(event: SubmitEvent, member: Member): void {
    event.preventDefault();
    const { muted, unmuted } = muteChanges(event.target as HTMLFormElement, member.muted);
    const params = { path: { ...this.path, identifier: member.identifier } };
    const url = "/v1/classrooms/{classroom_id}/members/{identifier}/mute";
    void this.attempt(async () => {
      if (muted) await read(api.POST(url, { params, body: muted }));
      if (unmuted) await read(api.DELETE(url, { params, body: unmuted }));
      this.finish(t("roster.saved", { name: nameOf(member) }));
    });
  }

  private kick(member: Member) {
    return html`<section>
      <h3>${t("kick.title")}</h3>
      <form class="wa-stack" @submit=${(event: SubmitEvent) => this.saveKick(event, member)}>
        <p class="quiet">${t("kick.hint")}</p>
        <label
          >${t("kick.howLong")}
          <select name="minutes">
            ${KICKS.map(([key, minutes]) => html`<option value=${minutes ?? ""}>${t(key)}</option>`)}
          </select></label
        >
        <wa-button type="submit" variant="danger" appearance="outlined" ?loading=${this.busy}
          >${t("kick.submit")}</wa-button
        >
      </form>
    </section>`;
  }

  private saveKick(event: SubmitEvent, member: Member): void {
    event.preventDefault();
    const minutes = String(new FormData(event.target as HTMLFormElement).get("minutes"));
    const until = minutes ? Math.floor(Date.now() / 1000) + Number(minutes) * 60 : null;
    const params = { path: { ...this.path, identifier: member.identifier } };
    void this.attempt(async () => {
      await read(
        api.POST("/v1/classrooms/{classroom_id}/members/{identifier}/kick", {
          params,
          body: { until },
        }),
      );
      this.finish(t("kick.done", { name: nameOf(member) }));
    });
  }

  private removal(member: Member) {
    return html`<section>
      <h3>${t("remove.title")}</h3>
      <p class="quiet">${t("remove.hint")}</p>
      ${this.asksRemoval
        ? html`<p>${t("remove.sure", { name: nameOf(member) })}</p>
            <div class="buttons">
              <wa-button variant="danger" ?loading=${this.busy} @click=${() => this.takeOff(member)}
                >${t("remove.now")}</wa-button
              >
              <wa-button
                appearance="outlined"
                @click=${() => {
                  this.asksRemoval = false;
                }}
                >${t("class.cancel")}</wa-button
              >
            </div>`
        : html`<wa-button
            variant="danger"
            appearance="outlined"
            @click=${() => {
              this.asksRemoval = true;
            }}
            >${t("remove.submit")}</wa-button
          >`}
    </section>`;
  }

  private takeOff(member: Member): Promise<void> {
    return this.attempt(async () => {
      const params = { path: { ...this.path, identifier: member.identifier } };
      await read(
        api.DELETE("/v1/classrooms/{classroom_id}/members/{identifier}", { params }),
      );
      this.finish(t("remove.done", { name: nameOf(member) }));
    });
  }
}

function nameOf(member: Member): string {
  return member.display_name || member.identifier;
}
