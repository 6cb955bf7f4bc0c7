/** Who was present over time, and how long each person was there; as CSV as well. */

import { html, nothing } from "lit";
import { customElement, property } from "lit/decorators.js";
import { repeat } from "lit/directives/repeat.js";

import { listMembers, readPages } from "../../api/classes";
import { api, read } from "../../api/client";
import { moment, t } from "../../i18n/text";
import { loaded } from "../loaded";
import { errorCallout, Page } from "../page";
import { Poll } from "../poll";
import { type Attended, countOverTime, sumUp } from "./attendance-sums";
import { attendanceCsv, saveFile } from "./csv";
import type { ClassView } from "./view";
import { recordsTable } from "../records";

const PERIOD = 15_000; // milliseconds; the attendance of a large class is many pages
const MOST_STAYS = 5000;
const MOST_MEMBERS = 1000;

@customElement("cg-attendance")
export class AttendanceSection extends Page {
  @property({ attribute: false }) view!: ClassView;

  private poll = new Poll(this, () => this.fetchAll(), PERIOD);

  private async fetchAll() {
    const { classroom_id } = this.view.classroom;
    const path = { classroom_id };
    const [stays, members] = await Promise.all([
      readPages(
        (query) =>
          read(api.GET("/v1/classrooms/{classroom_id}/attendance", { params: { path, query } })),
        MOST_STAYS,
      ),
      listMembers(classroom_id, MOST_MEMBERS),
    ]);
    const now = Math.floor(Date.now() / 1000);
    return {
      people: sumUp(stays.items, members.items, now),
      counts: countOverTime(stays.items, now),
      isAll: stays.isAll && members.isAll,
    };
  }

  private save(people: Attended[]): void {
    const { classroom_id } = this.view.classroom;
    saveFile(attendanceCsv(people), `attendance-${classroom_id}.csv`);
  }

  protected override render() {
    return html`<section class="class-section">
      ${this.poll.error ? errorCallout(this.poll.error) : nothing} ${this.content()}
    </section>`;
  }

  private content() {
    const found = this.poll.value;
    if (!found) return this.poll.error ? nothing : html`<wa-spinner></wa-spinner>`;
    const { people, counts } = found;
    return html`<h2>${t("attendance.overTime")}</h2>
      ${counts.length < 2
        ? html`<p class="empty">${t("attendance.nobodyYet")}</p>`
        : loaded(
            "cg-presence-chart",
            import("./presence-chart"),
            html`<cg-presence-chart .counts=${counts}></cg-presence-chart>`,
          )}
      <div class="section-bar">
        <h2>${t("attendance.people")}</h2>
        <wa-button size="s" appearance="outlined" @click=${() => this.save(people)}
          >${t("attendance.csv")}</wa-button
        >
      </div>
      ${found.isAll ? nothing : html`<p class="quiet">${t("attendance.notAll")}</p>`}
      ${recordsTable(
        [
          t("roster.name"),
          t("roster.identifier"),
          t("roster.role"),
          t("attendance.minutes"),
          t("attendance.first"),
          t("attendance.last"),
        ],
        repeat(
          people,
          (each) => each.identifier,
          (each) => this.row(each),
        ),
      )}`;
  }

  private row(person: Attended) {
    return html`<tr>
      <th scope="row"><bdi>${person.displayName}</bdi></th>
      <td><code>${person.identifier}</code></td>
      <td>${t(`classRole.${person.role}`)}</td>
      <td>
        ${person.first === null
          ? html`<span class="quiet">${t("attendance.absent")}</span>`
          : t("attendance.minutesOf", { count: person.minutes })}
      </td>
      ${person.first === null
        ? html`<td></td>`
        : html`<td data-label=${t("attendance.first")}>${moment(person.first)}</td>`}
      <td data-label=${person.last === null ? nothing : t("attendance.last")}>
        ${person.isPresent
          ? html`<span class="present">${t("attendance.present")}</span>`
          : person.last === null
            ? ""
            : moment(person.last)}
      </td>
    </tr>`;
  }
}
