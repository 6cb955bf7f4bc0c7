/** The number of people who were present, over time: a chart, and the same as a table. */

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";
import type uPlot from "uplot";

import { moment, t } from "../../i18n/text";
import { TimeChart } from "../time-chart";
import { type Count, sampled } from "./attendance-sums";

const MOST_ROWS = 24;

@customElement("cg-presence-chart")
export class PresenceChart extends TimeChart {
  @property({ attribute: false }) counts: Count[] = [];

  protected override data(): uPlot.AlignedData {
    return [this.counts.map((each) => each.at), this.counts.map((each) => each.present)];
  }

  protected override lines() {
    return [{ color: "--wa-color-brand-fill-loud" }];
  }

  protected override render() {
    const most = this.counts.reduce((one, other) => (other.present > one.present ? other : one));
    const summary = t("attendance.most", { count: most.present, time: moment(most.at) });
    return html`<p class="quiet">${summary}</p>
      ${this.chartView(`${t("attendance.overTime")}. ${summary}`)}
      <details>
        <summary>${t("attendance.asTable")}</summary>
        <table class="records present-counts">
          <thead>
            <tr>
              <th scope="col">${t("attendance.time")}</th>
              <th scope="col">${t("attendance.presentNumber")}</th>
            </tr>
          </thead>
          <tbody>
            ${sampled(this.counts, MOST_ROWS).map(
              (each) => html`<tr>
                <th scope="row">${moment(each.at)}</th>
                <td>${each.present}</td>
              </tr>`,
            )}
          </tbody>
        </table>
      </details>`;
  }
}
