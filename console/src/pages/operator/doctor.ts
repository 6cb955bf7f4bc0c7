/** The checks of `classgate doctor` as traffic lights, run when somebody asks for them. */

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { api, read } from "../../api/client";
import type { components } from "../../api/schema";
import { clockTime, t } from "../../i18n/text";
import { Page } from "../../parts/page";

type Answer = components["schemas"]["DoctorAnswer"];
type Check = components["schemas"]["CheckResult"];

/** What is wrong comes first; what is all right is folded. */
const ORDER: readonly Check["status"][] = ["fail", "warn", "skipped"];
const MARKS: Record<Check["status"], string> = { ok: "✓", warn: "!", fail: "✗", skipped: "–" };

@customElement("cg-doctor")
export class Doctor extends Page {
  @state() private answer: Answer | null = null;

  private run = () =>
    this.attempt(async () => {
      this.answer = await read(api.POST("/v1/admin/doctor"));
    });

  protected override render() {
    return html`<section>
      <div class="title-bar">
        <h2>${t("doctor.title")}</h2>
        <wa-button size="s" variant="brand" ?loading=${this.busy} @click=${this.run}
          >${t(this.answer ? "doctor.again" : "doctor.run")}</wa-button
        >
      </div>
      <p class="quiet">${t(this.busy ? "doctor.running" : "doctor.intro")}</p>
      ${this.outcome()}
      <div aria-live="polite">${this.answer ? summary(this.answer) : nothing}</div>
      ${this.answer ? lights(this.answer) : nothing}
    </section>`;
  }
}

function summary({ at, checks, healthy }: Answer) {
  const count = (status: Check["status"]) =>
    checks.filter((each) => each.status === status).length;
  return html`<p>
    <strong>${t(healthy ? "doctor.healthy" : "doctor.unhealthy", { count: count("fail") })}</strong>
    ${count("warn") ? t("doctor.warnings", { count: count("warn") }) : nothing}
    <span class="quiet">${t("doctor.at", { time: clockTime(at) })}</span>
  </p>`;
}

function lights({ checks }: Answer) {
  const sorted = ORDER.flatMap((status) => checks.filter((each) => each.status === status));
  const good = checks.filter((each) => each.status === "ok");
  return html`${list(sorted)}
    <details>
      <summary>${t("doctor.good", { count: good.length })}</summary>
      ${list(good)}
    </details>`;
}

function list(checks: readonly Check[]) {
  return html`<ul class="lights">
    ${checks.map(
      (each) => html`<li class=${each.status}>
        <span class="light" aria-hidden="true">${MARKS[each.status]}</span>
        <div>
          <strong>${each.check}</strong>
          <span class="light-word">${t(`doctor.status.${each.status}`)}</span>
          <div><bdi>${each.what}</bdi></div>
          ${each.fix
            ? html`<div class="fix">${t("explain.fix")} <bdi>${each.fix}</bdi></div>`
            : nothing}
        </div>
      </li>`,
    )}
  </ul>`;
}
