/** The base of charts over time: a canvas that follows the size of its box and the theme. */

import { html, LitElement, type TemplateResult } from "lit";
import { query } from "lit/decorators.js";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

import { language } from "../i18n/language";

const HEIGHT = 220; // pixels

/** One line; `color`: the name of a custom property. */
export interface Line {
  color: string;
  dash?: number[];
}

export abstract class TimeChart extends LitElement {
  @query(".chart") private box!: HTMLElement;
  private chart: uPlot | null = null;
  private sizes = new ResizeObserver(() => this.resize());
  private theme = new MutationObserver(() => this.draw());

  /** The times in seconds, and the numbers of each line. */
  protected abstract data(): uPlot.AlignedData;
  /** The lines, in the order of their numbers. */
  protected abstract lines(): readonly Line[];

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

  private resize(): void {
    this.chart?.setSize({ width: this.box.clientWidth, height: HEIGHT });
  }

  private draw(): void {
    this.chart?.destroy();
    const style = getComputedStyle(this);
    const text = style.getPropertyValue("--wa-color-text-quiet");
    const grid = style.getPropertyValue("--wa-color-surface-border");
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
        { ...axis, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000], size: 50 },
      ],
      series: [
        {},
        ...this.lines().map(({ color, dash }) => ({
          stroke: style.getPropertyValue(color),
          width: 2,
          ...(dash ? { dash } : {}),
          paths: uPlot.paths.stepped?.({ align: 1 }),
          points: { show: false },
        })),
      ],
    };
    this.chart = new uPlot(options, this.data(), this.box);
  }

  /** The box of the chart; `label`: what it shows, in words. */
  protected chartView(label: string): TemplateResult {
    return html`<div class="chart" role="img" aria-label=${label}></div>`;
  }
}
