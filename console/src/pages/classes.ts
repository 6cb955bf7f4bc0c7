/** The classes: live ones, then the next by time; and those that are over. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { type Classroom, listClasses, listMembers } from "../api/classes";
import type { Account } from "../api/client";
import { t } from "../i18n/text";
import { isMissed, stateTag, timesOf, titleOf } from "../parts/class/summary";
import { errorCallout, Page } from "../parts/page";
import { Poll } from "../parts/poll";

import "../classes.css";
import "../office.css";

const MOST_LIVE = 100;
const MOST_NEXT = 300;
const OVER_AT_ONCE = 50;
/** Live classes whose present members are counted, and how many are counted at most. */
const COUNTED = 10;
const MOST_PRESENT = 100;

interface Listed {
  live: Classroom[];
  next: Classroom[];
  over: Classroom[];
  isAll: boolean;
  present: Map<number, string>;
}

@customElement("cg-classes")
export class ClassesPage extends Page {
  @property({ attribute: false }) account!: Account;
  /** Whether those that are over are shown, instead of the live and next ones. */
  @property({ type: Boolean }) over = false;

  @state() private most = OVER_AT_ONCE;

  private poll = new Poll(this, () => (this.over ? this.fetchOver() : this.fetchNext()));

  private async fetchNext(): Promise<Listed> {
    const [live, next] = await Promise.all([
      listClasses("live", MOST_LIVE),
      listClasses("created", MOST_NEXT),
    ]);
    const present = await this.countPresent(live.items.slice(0, COUNTED));
    const isAll = live.isAll && next.isAll;
    return { live: live.items, next: next.items.sort(byTime), over: [], isAll, present };
  }

  private async fetchOver(): Promise<Listed> {
    const [ended, replayable] = await Promise.all([
      listClasses("ended", this.most),
      listClasses("replayable", this.most),
    ]);
    const over = [...ended.items, ...replayable.items].sort(
      (one, other) => (other.ended_at ?? 0) - (one.ended_at ?? 0),
    );
    const isAll = ended.isAll && replayable.isAll;
    return { live: [], next: [], over, isAll, present: new Map() };
  }

  /** Count who is present where the viewer surely may: a refusal would be recorded. */
  private async countPresent(live: Classroom[]): Promise<Map<number, string>> {
    const { role, identifier } = this.account;
    const own = live.filter((each) => role === "admin" || each.host === identifier);
    const counts = own.map(async (each): Promise<[number, string]> => {
      const { items, isAll } = await listMembers(each.classroom_id, MOST_PRESENT, true);
      return [each.classroom_id, `${items.length}${isAll ? "" : "+"}`];
    });
    return new Map(await Promise.all(counts));
  }

  private more = (): void => {
    this.most += OVER_AT_ONCE;
    void this.poll.refresh();
  };

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    if (changed.get("over") === undefined) return;
    this.poll.value = null;
    void this.poll.refresh();
    this.requestUpdate();
  }

  protected override render() {
    const makes = this.account.role === "teacher";
    return html`<div class="title-bar">
        <h1>${t("classes.title")}</h1>
        ${makes
          ? html`<wa-button variant="brand" href="#/classes/new">${t("classes.make")}</wa-button>`
          : nothing}
      </div>
      <nav class="tabs" aria-label=${t("classes.title")}>
        <a href="#/classes" aria-current=${this.over ? "false" : "page"}>${t("classes.next")}</a>
        <a href="#/classes/over" aria-current=${this.over ? "page" : "false"}
          >${t("classes.over")}</a
        >
      </nav>
      ${this.poll.error ? errorCallout(this.poll.error) : nothing} ${this.content()}`;
  }

  private content() {
    const listed = this.poll.value;
    if (!listed) return this.poll.error ? nothing : html`<wa-spinner></wa-spinner>`;
    const shown = [...listed.live, ...listed.next, ...listed.over];
    if (shown.length === 0) return html`<p class="empty">${t(this.emptyText())}</p>`;
    return html`<ul class="cards">
        ${repeat(
          shown,
          (each) => each.classroom_id,
          (each) => this.card(each, listed.present.get(each.classroom_id)),
        )}
      </ul>
      ${this.over && !listed.isAll
        ? html`<wa-button size="s" @click=${this.more}>${t("classes.more")}</wa-button>`
        : nothing}
      ${!this.over && !listed.isAll ? html`<p class="quiet">${t("classes.notAll")}</p>` : nothing}`;
  }

  private emptyText() {
    if (this.over) return "classes.noneOver";
    const { role } = this.account;
    return role === "teacher"
      ? "classes.noneTeacher"
      : role === "admin"
        ? "classes.noneAdmin"
        : "classes.noneStudent";
  }

  private card(classroom: Classroom, present: string | undefined) {
    return html`<li class="card">
      <div>
        <a class="class-title" href=${`#/classes/${classroom.classroom_id}`}
          ><bdi>${titleOf(classroom)}</bdi></a
        >
        <div class="quiet">
          ${timesOf(classroom)} · ${t("class.hostIs", { name: classroom.host })}
          ${classroom.open ? html` · ${t("class.isOpen")}` : nothing}
          ${isMissed(classroom) ? html` · ${t("class.missed")}` : nothing}
        </div>
      </div>
      <div class="card-state">
        ${present === undefined
          ? nothing
          : html`<span>${t("class.presentCount", { count: present })}</span>`}
        ${stateTag(classroom)}
      </div>
    </li>`;
  }
}

/** By the planned start; those without one, and those whose time has passed, come last. */
function byTime(one: Classroom, other: Classroom): number {
  const rank = (each: Classroom) => (isMissed(each) ? 2 : each.starts_at === null ? 1 : 0);
  return rank(one) - rank(other) || (one.starts_at ?? 0) - (other.starts_at ?? 0);
}
