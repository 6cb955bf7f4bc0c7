/** The number of people who were present, over time: a chart, and the same as a table. */

import { html, LitElement } from "lit";
import { customElement, property, query } from "lit/decorators.js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { language } from "../../i18n/language";
import { moment, t } from "../../i18n/text";
import { type Count, sampled } from "./attendance-sums";

const HEIGHT = 220; // pixels
const MOST_ROWS = 24;

@customElement("cg-presence-chart")
export class PresenceChart extends LitElement {
  @property({ attribute: false }) counts: Count[] = [];

  @query(".chart") private box!: HTMLElement;
  private chart: uPlot | null = null;
  private sizes = new ResizeObserver(() => this.resize());
  private theme = new MutationObserver(() => this.draw());

  protected override createRenderRoot(): this {
    return this;
  }

  protected override firstUpdated(): void {
    this.sizes.observe(this.box);
    // The canvas has its own colours, which change with the theme.
    this.theme.observe(document.documentElement, { attributeFilter: ["class"] });
  }

  override disconnectedCallback(): void {
    this.sizes.disconnect();
    this.theme.disconnect();
    this.chart?.destroy();
    super.disconnectedCallback();
  }

  protected override updated(): void {
    if (this.chart) this.chart.setData(this.data());
    else this.draw();
  }

  private data(): uPlot.AlignedData {
    return [this.counts.map((each) => each.at), this.counts.map((each) => each.present)];
  }

  private resize(): void {
    this.chart?.setSize({ width: this.box.clientWidth, height: HEIGHT });
  }

  private draw(): void {
    this.chart?.destroy();
    const style = getComputedStyle(this);
    const text = style.getPropertyValue("--wa-color-text-quiet");
    const grid = style.getPropertyValue("--wa-color-surface-border");
    const line = style.getPropertyValue("--wa-color-brand-fill-loud");
    const axis = { stroke: text, grid: { stroke: grid, width: 1 }, ticks: { stroke: grid } };
    const clock = new Intl.DateTimeFormat(language(), { timeStyle: "short" });
    const options: uPlot.Options = {
      width: this.box.clientWidth,
      height: HEIGHT,
      legend: { show: false },
      cursor: { drag: { x: false, y: false } },
      scales: { y: { range: (_, __, most) => [0, Math.max(1, most)] } },
      axes: [
        { ...axis, values: (_, ticks) => ticks.map((each) => clock.format(each * 1000)) },
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500], size: 40 },
      ],
      series: [
        {},
        {
          stroke: line,
          width: 2,
          paths: uPlot.paths.stepped?.({ align: 1 }),
          points: { show: false },
        },
      ],
    };
    this.chart = new uPlot(options, this.data(), this.box);
  }

  protected override render() {
    const most = this.counts.reduce((one, other) => (other.present > one.present ? other : one));
    const summary = t("attendance.most", { count: most.present, time: moment(most.at) });
    return html`<p class="quiet">${summary}</p>
      <div class="chart" role="img" aria-label=${`${t("attendance.overTime")}. ${summary}`}></div>
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
