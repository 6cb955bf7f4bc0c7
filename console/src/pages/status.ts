/** How the service does: the last hour, the cloud, waiting work, the database. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement } from "lit/decorators.js";

import { api, read } from "../api/client";
import type { components } from "../api/schema";
import { clockTime, moment, t, type TextKey } from "../i18n/text";
import { reasonText } from "../parts/refusal-words";
import { readableSize } from "../parts/class/sizes";
import { errorCallout, Page } from "../parts/page";
import { Poll } from "../parts/poll";

import "./operator/doctor";
import "./operator/rates-chart";
import "../operator.css";
import "../status.css";

type Status = components["schemas"]["ServiceStatusAnswer"];
type CloudService = components["schemas"]["CloudServiceStatus"];
type Lane = components["schemas"]["LaneStatus"];

/** How a tile looks; each has a word too. */
type Light = "good" | "look" | "bad";

const LATE = 60; // seconds for which a message may be due
const SLOW = 50; // milliseconds of a round trip to the database
const MOST_COUNTED = 1000;
const NAMES: Record<string, string> = { cos: "COS", im: "IM", sts: "STS", trtc: "TRTC", vod: "VOD" };

@customElement("cg-status")
export class StatusPage extends Page {
  private poll = new Poll(this, () => read(api.GET("/v1/admin/status")));

  protected override render() {
    const status = this.poll.value;
    return html`<h1>${t("status.title")}</h1>
      <p>${t("status.intro")}</p>
      ${this.poll.error ? errorCallout(this.poll.error) : nothing}
      ${status ? this.content(status) : this.poll.error ? nothing : html`<wa-spinner></wa-spinner>`}`;
  }

  private content(status: Status) {
    return html`<p class="quiet">${t("status.at", { time: clockTime(status.at) })}</p>
      ${tiles(status)}
      <section>
        <cg-rates-chart
          .grants=${status.grants}
          .refusals=${status.refusals.per_minute}
        ></cg-rates-chart>
        ${status.grants.complete && status.refusals.complete
          ? nothing
          : html`<p>${t("status.incomplete")}</p>`}
        ${status.grants.series.length || status.refusals.reasons.length
          ? nothing
          : html`<p class="empty">${t("status.nothingYet")}</p>`}
      </section>
      <div class="beside">
        ${refusals(status)} ${waiting(status)} ${cloud(status)} ${database(status)}
        ${processes(status)}
      </div>
      <cg-doctor></cg-doctor>`;
  }
}

function tiles(status: Status) {
  const grants = status.grants.series.reduce(
    (sums, { outcome, per_minute }) => {
      const sum = per_minute.reduce((one, other) => one + other, 0);
      sums[outcome === "failed" ? "failed" : "made"] += sum;
      return sums;
    },
    { made: 0, failed: 0 },
  );
  const refused = status.refusals.reasons.reduce((sum, each) => sum + each.count, 0);
  const lanes = status.waiting.outbox;
  const due = lanes.reduce((sum, each) => sum + each.due, 0);
  const setAside = lanes.reduce((sum, each) => sum + each.set_aside, 0);
  const isLate = lanes.some((each) => isLaneLate(each, status.at));
  const { cloud } = status.process;
  const open = cloud.filter((each) => each.circuit !== "closed");
  const slow = status.database.round_trip_ms > SLOW;
  return html`<ul class="tiles">
    ${tile(
      "status.grants",
      number(grants.made),
      grants.failed ? "look" : "good",
      grants.failed ? t("status.grantsFailed", { count: grants.failed }) : t("status.lastHour"),
    )}
    ${tile("status.refusals", number(refused), "good", t("status.lastHour"))}
    ${tile(
      "status.cloud",
      open.length ? String(open.length) : "✓",
      open.length ? "bad" : "good",
      open.length
        ? t("status.circuitsOpen", { services: open.map((each) => nameOf(each)).join(", ") })
        : t("status.circuitsClosed"),
    )}
    ${tile(
      "status.messages",
      number(due),
      isLate || setAside ? "look" : "good",
      setAside
        ? t("status.someSetAside", { count: setAside })
        : t(isLate ? "status.late" : "status.notLate"),
    )}
    ${tile(
      "status.database",
      milliseconds(status.database.round_trip_ms),
      slow ? "look" : "good",
      t(slow ? "status.databaseSlow" : "status.databaseFast"),
    )}
  </ul>`;
}

function tile(name: TextKey, value: string, light: Light, words: string) {
  return html`<li class="tile ${light}">
    <span class="tile-name">${t(name)}</span>
    <strong>${value}</strong>
    <span class="tile-words">${light === "good" ? nothing : html`${mark(light)} `}${words}</span>
  </li>`;
}

function mark(light: Light): TemplateResult {
  return html`<span aria-hidden="true">${light === "bad" ? "✗" : "!"}</span>`;
}

function refusals(status: Status) {
  const { reasons } = status.refusals;
  return html`<section>
    <h2>${t("status.refusalsByReason")}</h2>
    ${reasons.length
      ? html`<table class="numbers">
          <tbody>
            ${reasons.map(
              (each) => html`<tr>
                <th scope="row">${reasonView(each.reason)}</th>
                <td class="number">${number(each.count)}</td>
              </tr>`,
            )}
          </tbody>
        </table>`
      : html`<p class="quiet">${t("status.noRefusals")}</p>`}
    <a href="#/refusals">${t("status.toRefusals")}</a>
  </section>`;
}

/** In words, where there are any; else as the API writes it. */
function reasonView(reason: string) {
  const text = reasonText(reason);
  return text === reason ? html`<code>${reason}</code>` : text;
}

function cloud(status: Status) {
  const { process } = status;
  return html`<section>
    <h2>${t("status.calls")}</h2>
    <p class="quiet">${t("status.thisProcess", { time: moment(process.started_at) })}</p>
    <ul class="services">
      ${process.cloud.map(
        (each) => html`<li>
          <strong>${nameOf(each)}</strong>
          <wa-tag size="s" variant=${each.circuit === "closed" ? "success" : "danger"}
            >${t(`status.circuit.${each.circuit}`)}</wa-tag
          >
          <span
            >${t("status.callCount", { count: number(each.calls) })}
            <span class="quiet">· ${failuresOf(each)}</span></span
          >
        </li>`,
      )}
    </ul>
  </section>`;
}

function failuresOf(service: CloudService): string {
  const parts = Object.entries(service.failed).map(
    ([outcome, count]) => `${outcomeName(outcome)} ${number(count)}`,
  );
  return parts.length ? parts.join(" · ") : t("status.noFailures");
}

const OUTCOMES = ["rejected", "unavailable", "circuit_open", "rate_limited", "abandoned"] as const;

function outcomeName(outcome: string): string {
  const known = OUTCOMES.find((each) => each === outcome);
  return known ? t(`status.call.${known}`) : outcome;
}

function waiting(status: Status) {
  const { outbox, replays, clean_ups: cleanUps } = status.waiting;
  const counted = (count: number) => (count < MOST_COUNTED ? number(count) : `≥ ${number(count)}`);
  return html`<section>
    <h2>${t("status.waiting")}</h2>
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">${t("status.lane")}</th>
          <th scope="col" class="number">${t("status.due")}</th>
          <th scope="col" class="number">${t("status.all")}</th>
          <th scope="col" class="number">${t("status.setAside")}</th>
        </tr>
      </thead>
      <tbody>
        ${outbox.map((each) => laneRow(each, status.at))}
      </tbody>
    </table>
    ${outbox.some((each) => each.set_aside)
      ? html`<p class="quiet">${t("status.setAsideHint")}</p>`
      : nothing}
    <dl class="facts">
      <dt>${t("status.replays")}</dt>
      <dd>${counted(replays)}</dd>
      <dt>${t("status.cleanUps")}</dt>
      <dd>${counted(cleanUps)}</dd>
    </dl>
  </section>`;
}

function laneRow(lane: Lane, now: number) {
  return html`<tr>
    <th scope="row">
      ${t(`status.lane.${lane.lane}`)}
      ${isLaneLate(lane, now) && lane.oldest_due_at !== null
        ? html`<div class="quiet">${t("status.dueSince", { time: moment(lane.oldest_due_at) })}</div>`
        : nothing}
    </th>
    <td class="number">${number(lane.due)}</td>
    <td class="number">${number(lane.waiting)}</td>
    <td class="number">${number(lane.set_aside)}</td>
  </tr>`;
}

function isLaneLate(lane: Lane, now: number): boolean {
  return lane.oldest_due_at !== null && now - lane.oldest_due_at > LATE;
}

function database(status: Status) {
  const { kind, revision, size, log_size, round_trip_ms } = status.database;
  return html`<section>
    <h2>${t("status.database")}</h2>
    <dl class="facts">
      <dt>${t("status.databaseKind")}</dt>
      <dd>${kind === "sqlite" ? "SQLite" : "PostgreSQL"}</dd>
      <dt>${t("status.roundTrip")}</dt>
      <dd>${milliseconds(round_trip_ms)}</dd>
      <dt>${t("status.size")}</dt>
      <dd>${readableSize(size)}</dd>
      ${log_size === null
        ? nothing
        : html`<dt>${t("status.logSize")}</dt>
            <dd>${readableSize(log_size)}</dd>`}
      <dt>${t("status.revision")}</dt>
      <dd><code>${revision}</code></dd>
    </dl>
  </section>`;
}

function processes(status: Status) {
  if (!status.processes.length) return nothing;
  return html`<section>
    <h2>${t("status.processes")}</h2>
    <table class="numbers">
      <thead>
        <tr>
          <th scope="col">${t("status.host")}</th>
          <th scope="col">${t("status.version")}</th>
          <th scope="col">${t("status.since")}</th>
        </tr>
      </thead>
      <tbody>
        ${status.processes.map(
          (each) => html`<tr>
            <th scope="row">
              <bdi>${each.host}</bdi>
              ${each.answered
                ? html`<wa-tag size="s">${t("status.answered")}</wa-tag>`
                : nothing}
            </th>
            <td class="version">${each.version}</td>
            <td>${moment(each.started_at)}</td>
          </tr>`,
        )}
      </tbody>
    </table>
  </section>`;
}

function nameOf(service: CloudService): string {
  return NAMES[service.service] ?? service.service;
}

function milliseconds(value: number): string {
  return t("status.milliseconds", { count: Number(value.toPrecision(2)).toLocaleString() });
}

function number(value: number): string {
  return value.toLocaleString();
}
