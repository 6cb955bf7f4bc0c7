/** Grants and refusals by minute, over the last hour: a chart, and the sums as a table. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";
import type uPlot from "uplot";

import type { components } from "../../api/schema";
import { t } from "../../i18n/text";
import { type Line, TimeChart } from "../../parts/time-chart";

type GrantRates = components["schemas"]["GrantRates"];
type Kind = components["schemas"]["GrantSeries"]["kind"];

const OUTCOMES = ["issued", "renewed", "failed"] as const;
type Outcome = (typeof OUTCOMES)[number];

const REFUSED: Line = { color: "--wa-color-warning-fill-loud", dash: [2, 3] };
const LINES: Record<Outcome, Line> = {
  issued: { color: "--wa-color-brand-fill-loud" },
  renewed: { color: "--wa-color-success-fill-loud", dash: [8, 4] },
  failed: { color: "--wa-color-danger-fill-loud" },
};

@customElement("cg-rates-chart")
export class RatesChart extends TimeChart {
  @property({ attribute: false }) grants!: GrantRates;
  @property({ attribute: false }) refusals: number[] = [];
  @state() private kind: Kind | "" = "";

  /** The kinds that had any grant, and the chosen one. */
  private kinds(): Kind[] {
    const found = new Set(this.grants.series.map((each) => each.kind));
    if (this.kind) found.add(this.kind);
    return [...found].sort();
  }

  private sum(outcome: Outcome, kind: Kind | "" = this.kind): number[] {
    const wanted = this.grants.series.filter(
      (each) => each.outcome === outcome && (kind === "" || each.kind === kind),
    );
    return this.refusals.map((_, minute) =>
      wanted.reduce((total, each) => total + (each.per_minute[minute] ?? 0), 0),
    );
  }

  protected override data(): uPlot.AlignedData {
    const times = this.refusals.map((_, minute) => this.grants.since + 60 * minute);
    const lines = [...OUTCOMES.map((outcome) => this.sum(outcome)), this.refusals];
    // A last point, so that the running minute is as wide as the others.
    const end = this.grants.since + 60 * times.length;
    return [[...times, end], ...lines.map((each) => drawn(each))];
  }

  protected override lines() {
    return [...OUTCOMES.map((outcome) => LINES[outcome]), REFUSED];
  }

  protected override render() {
    const totals = OUTCOMES.map((each) => ({
      name: t(`status.outcome.${each}`),
      line: LINES[each],
      total: total(this.sum(each)),
    }));
    totals.push({ name: t("status.refused"), line: REFUSED, total: total(this.refusals) });
    const words = totals.map((each) => `${each.name}: ${each.total}`).join(", ");
    return html`<div class="section-bar">
        <h2>${t("status.rates")}</h2>
        <label
          >${t("status.kind")}
          <select
            @change=${(event: Event) => {
              this.kind = (event.target as HTMLSelectElement).value as Kind | "";
            }}
          >
            <option value="">${t("status.allKinds")}</option>
            ${this.kinds().map(
              (each) =>
                html`<option value=${each} ?selected=${each === this.kind}>
                  ${t(`audit.kind.${each}`)}
                </option>`,
            )}
          </select></label
        >
      </div>
      <ul class="legend">
        ${totals.map(
          ({ name, line, total }) => html`<li>
            <svg viewBox="0 0 28 4" width="28" height="4" aria-hidden="true">
              <line
                x2="28"
                y1="2"
                y2="2"
                stroke=${`var(${line.color})`}
                stroke-width="3"
                stroke-dasharray=${line.dash?.join(" ") ?? "none"}
              ></line>
            </svg>
            ${name} <strong>${total}</strong>
          </li>`,
        )}
      </ul>
      ${this.chartView(`${t("status.rates")}. ${words}`)}
      ${this.grants.series.length ? this.table() : nothing}`;
  }

  private table() {
    return html`<details>
      <summary>${t("status.byKind")}</summary>
      <table class="numbers">
        <thead>
          <tr>
            <th scope="col">${t("status.kind")}</th>
            ${OUTCOMES.map(
              (each) => html`<th scope="col" class="number">${t(`status.outcome.${each}`)}</th>`,
            )}
          </tr>
        </thead>
        <tbody>
          ${this.kinds().map(
            (kind) => html`<tr>
              <th scope="row">${t(`audit.kind.${kind}`)}</th>
              ${OUTCOMES.map(
                (each) => html`<td class="number">${total(this.sum(each, kind))}</td>`,
              )}
            </tr>`,
          )}
        </tbody>
      </table>
    </details>`;
  }
}

/** The points of a line; one that is always 0 is not drawn, so that it hides no other. */
function drawn(numbers: readonly number[]): (number | null)[] {
  const points = [...numbers, numbers.at(-1) ?? 0];
  return total(numbers) ? points : points.map(() => null);
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((sum, each) => sum + each, 0);
}
