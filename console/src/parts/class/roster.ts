/** The roster: who is there, and what may be done with each. */

import { html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { isBarred, listMembers, type Member, setMember } from "../../api/classes";
import { moment, t } from "../../i18n/text";
import { errorCallout, Page } from "../page";
import { Poll } from "../poll";
import type { AddMembersDialog } from "./add-members";
import type { MemberDialog } from "./member-dialog";
import type { MuteAllDialog } from "./mute-all";
import { type ClassView, isHostOrAdmin, mayChange } from "./view";
import { recordsTable } from "../records";

import "./add-members";
import "./member-dialog";
import "./mute-all";

const MOST = 1000;
const SHOWN = ["all", "present", "absent", "kicked"] as const;
type Shown = (typeof SHOWN)[number];

@customElement("cg-roster")
export class Roster extends Page {
  @property({ attribute: false }) view!: ClassView;

  @state() private shown: Shown = "all";

  @query("cg-add-members") private addDialog!: AddMembersDialog;
  @query("cg-member-dialog") private memberDialog!: MemberDialog;
  @query("cg-mute-all") private muteDialog!: MuteAllDialog;

  private poll = new Poll(this, () => listMembers(this.view.classroom.classroom_id, MOST));

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get("view") as ClassView | undefined;
    const { classroom } = this.view;
    if (!before) return;
    if (before.classroom.state === classroom.state && before.classroom.host === classroom.host) return;
    void this.poll.refresh(); // who is present, or who is the host, has changed
  }

  private onChanged(event: CustomEvent<string>): void {
    this.error = null;
    this.done = event.detail;
    event.stopPropagation();
    void this.poll.refresh();
  }

  private letIn(member: Member): Promise<void> {
    return this.attempt(async () => {
      if (member.role === "host") return;
      const { classroom_id } = this.view.classroom;
      await setMember(classroom_id, member.identifier, member.role, member.on_stage);
      await this.poll.refresh();
      this.done = t("roster.letInDone", { name: nameOf(member) });
    });
  }

  protected override render() {
    const { may } = this.view;
    return html`<section class="class-section" @changed=${this.onChanged}>
      <div class="section-bar">
        <label
          >${t("roster.show")}
          <select
            @change=${(event: Event) => {
              this.shown = (event.target as HTMLSelectElement).value as Shown;
            }}
          >
            ${SHOWN.map((each) => html`<option value=${each}>${t(`roster.${each}`)}</option>`)}
          </select></label
        >
        <div class="buttons">
          ${may.mute
            ? html`<wa-button
                size="s"
                appearance="outlined"
                @click=${() => this.muteDialog.show(this.view)}
                >${t("roster.muteAll")}</wa-button
              >`
            : nothing}
          ${may.changeRoster
            ? html`<wa-button
                size="s"
                variant="brand"
                @click=${() => this.addDialog.show(this.view)}
                >${t("roster.add")}</wa-button
              >`
            : nothing}
        </div>
      </div>
      ${this.outcome()} ${this.poll.error ? errorCallout(this.poll.error) : nothing}
      ${this.content()}
      <cg-add-members></cg-add-members><cg-mute-all></cg-mute-all>
      <cg-member-dialog .view=${this.view}></cg-member-dialog>
    </section>`;
  }

  private content() {
    const found = this.poll.value;
    if (!found) return this.poll.error ? nothing : html`<wa-spinner></wa-spinner>`;
    const online = found.items.filter((each) => each.online).length;
    const members = found.items.filter((each) => isShown(each, this.shown));
    return html`<p class="quiet" aria-live="polite">
        ${t("roster.count", { online, all: found.items.length })}
        ${found.isAll ? nothing : t("roster.notAll", { most: MOST })}
      </p>
      ${members.length === 0
        ? html`<p class="empty">${t("roster.nobody")}</p>`
        : recordsTable(
            [t("roster.name"), t("roster.identifier"), t("roster.role"), t("roster.now"), null],
            repeat(
              members,
              (each) => each.identifier,
              (each) => this.row(each),
            ),
          )}
      ${found.items.length === 1 && this.view.may.changeRoster
        ? html`<p class="quiet">${t("roster.empty")}</p>`
        : nothing}`;
  }

  private row(member: Member) {
    const name = nameOf(member);
    const barred = isBarred(member);
    return html`<tr>
      <th scope="row"><bdi>${name}</bdi> ${tags(member)}</th>
      <td><code>${member.identifier}</code></td>
      <td>${t(`classRole.${member.role}`)}</td>
      <td>
        ${member.online
          ? html`<span class="present">${t("roster.isPresent")}</span>`
          : html`<span class="quiet">${t("roster.isAbsent")}</span>`}
      </td>
      <td class="actions">
        ${barred && mayChange(this.view, member) && isHostOrAdmin(this.view)
          ? html`<wa-button
              size="s"
              appearance="outlined"
              @click=${() => this.letIn(member)}
              >${t("roster.letIn")} <span class="unseen">${name}</span></wa-button
            >`
          : nothing}
        ${mayChange(this.view, member)
          ? html`<wa-button
              size="s"
              appearance="outlined"
              @click=${() => this.memberDialog.show(member)}
              >${t("roster.change")} <span class="unseen">${name}</span></wa-button
            >`
          : nothing}
      </td>
    </tr>`;
  }
}

function nameOf(member: Member): string {
  return member.display_name || member.identifier;
}

function isShown(member: Member, shown: Shown): boolean {
  if (shown === "present") return member.online;
  if (shown === "absent") return !member.online;
  return shown === "all" || isBarred(member);
}

function tags(member: Member) {
  const { muted } = member;
  const mutes = (["chat", "audio", "video"] as const).filter((each) => muted[each]);
  return html`${member.on_stage ? html`<wa-tag size="s">${t("roster.onStage")}</wa-tag>` : nothing}
  ${mutes.length
    ? html`<wa-tag size="s" variant="warning"
        >${t("roster.muted", { what: mutes.map((each) => t(`mute.${each}`)).join(", ") })}</wa-tag
      >`
    : nothing}
  ${isBarred(member)
    ? html`<wa-tag size="s" variant="danger"
        >${member.kicked_until === null
          ? t("roster.kickedForever")
          : t("roster.kickedUntil", { time: moment(member.kicked_until) })}</wa-tag
      >`
    : nothing}`;
}
