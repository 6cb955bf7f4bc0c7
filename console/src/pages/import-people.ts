/** Import people from a CSV file: checked first, then made some at a time. */

import { html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import "@awesome.me/webawesome/dist/components/progress-bar/progress-bar.js";
import "@awesome.me/webawesome/dist/components/textarea/textarea.js";

import { api, read } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n/text";
import { errorCallout, Page } from "../parts/page";
import { printSlips } from "../parts/slips";
import { type CheckedAccount, exampleFile, listFile, save } from "./import/account-list";
import { accountTable, issuedPassword, preview } from "./import/preview";
import { readFile } from "./import/read-file";
import { currentRun, ImportRun, keepRun } from "./import/run";

import "../office.css";

type Checked = components["schemas"]["CheckedAccountFile"];

@customElement("cg-import-people")
export class ImportPeoplePage extends Page {
  @state() private text = "";
  @state() private isGbk = false;
  @state() private isOver = false;
  @state() private checked: Checked | null = null;
  @state() private skips = false;
  @state() private run: ImportRun | null = null;
  /** Whose import it is. */
  @property() owner = "";

  @query("input[type=file]") private picker!: HTMLInputElement;

  override connectedCallback(): void {
    super.connectedCallback();
    this.follow(currentRun(this.owner));
  }

  override disconnectedCallback(): void {
    this.follow(null);
    super.disconnectedCallback();
  }

  /** Show an import, which goes on without this page. */
  private follow(run: ImportRun | null): void {
    this.run?.removeEventListener("changed", this.redraw);
    this.run = run;
    this.run?.addEventListener("changed", this.redraw);
  }

  private redraw = (): void => {
    this.requestUpdate();
  };

  private get added(): CheckedAccount[] {
    return this.checked?.accounts.filter((each) => !each.exists) ?? [];
  }

  private get generated(): CheckedAccount[] {
    return this.added.filter((each) => each.generated);
  }

  private async take(file: Blob | undefined): Promise<void> {
    if (!file) return;
    await this.attempt(async () => {
      this.checked = null;
      const found = await readFile(file);
      this.text = found.text;
      this.isGbk = found.isGbk;
    });
    if (!this.error) await this.check();
  }

  private onDrop(event: DragEvent): void {
    event.preventDefault();
    this.isOver = false;
    void this.take(event.dataTransfer?.files[0]);
  }

  private check = (): Promise<void> =>
    this.attempt(async () => {
      this.checked = null;
      if (!this.text.trim()) throw new Error(t("import.nothing"));
      const body = { csv: this.text };
      this.checked = await read(api.POST("/v1/admin/account-files/check", { body }));
      this.skips = false;
    });

  private begin = (): void => {
    if (this.generated.length) this.download();
    const run = new ImportRun(this.checked?.accounts ?? [], this.added);
    keepRun(this.owner, run);
    this.follow(run);
    void run.proceed();
  };

  private download = (): void => {
    save(listFile(this.run?.list ?? this.checked?.accounts ?? []), "accounts.csv");
  };

  private restart = (): void => {
    this.text = "";
    this.isGbk = false;
    this.checked = null;
    keepRun(this.owner, null);
    this.follow(null);
    this.error = null;
  };

  protected override render() {
    return html`<div class="title-bar">
        <h1>${t("import.title")}</h1>
        <div class="buttons">
          <wa-button appearance="outlined" href="#/people">${t("import.back")}</wa-button>
        </div>
      </div>
      ${this.run ? this.progress(this.run) : html`${this.source()} ${this.outcome()} ${this.result()}`}`;
  }

  private source() {
    return html`<p>${t("import.intro")}</p>
      <div
        class="drop ${this.isOver ? "is-over" : ""}"
        @dragover=${(event: DragEvent) => {
          event.preventDefault();
          this.isOver = true;
        }}
        @dragleave=${() => {
          this.isOver = false;
        }}
        @drop=${this.onDrop}
      >
        <wa-button @click=${() => this.picker.click()}>${t("import.choose")}</wa-button>
        <span class="quiet">${t("import.drop")}</span>
        <wa-button appearance="plain" @click=${() => save(exampleFile(), "example.csv")}>
          ${t("import.template")}
        </wa-button>
        <input
          type="file"
          class="unseen"
          tabindex="-1"
          aria-label=${t("import.choose")}
          accept=".csv,.txt,text/csv,text/plain"
          @change=${() => {
            void this.take(this.picker.files?.[0]);
            this.picker.value = ""; // so that the same file can be chosen again
          }}
        />
      </div>
      <wa-textarea
        label=${t("import.text")}
        hint=${t("import.textHint")}
        rows="8"
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        .value=${this.text}
        @input=${(event: Event) => {
          this.text = (event.target as HTMLTextAreaElement).value;
          if (!this.checked?.faults.length) this.checked = null; // it is of the text before
        }}
      ></wa-textarea>
      <p class="buttons">
        <wa-button
          variant=${this.checked && !this.checked.faults.length ? "neutral" : "brand"}
          ?loading=${this.busy}
          @click=${this.check}
        >
          ${t(this.checked ? "import.checkAgain" : "import.check")}
        </wa-button>
        ${this.busy ? html`<span class="quiet">${t("import.checking")}</span>` : nothing}
      </p>`;
  }

  private result() {
    const checked = this.checked;
    if (!checked) return nothing;
    const existing = checked.accounts.length - this.added.length;
    const isReady = this.added.length > 0 && (existing === 0 || this.skips);
    return html`${this.isGbk
      ? html`<wa-callout variant="warning" size="s">${t("import.isGbk")}</wa-callout>`
      : nothing}
    ${preview(checked)}
    ${checked.faults.length
      ? nothing
      : html`<section aria-live="polite">
          ${this.added.length
            ? html`<p>${t("import.ready", { count: this.added.length })}</p>`
            : html`<p>${t("import.allExist")}</p>`}
          ${existing && this.added.length
            ? html`<p>${t("import.existing", { count: existing })}</p>
                <label class="check"
                  ><input
                    type="checkbox"
                    .checked=${this.skips}
                    @change=${(event: Event) => {
                      this.skips = (event.target as HTMLInputElement).checked;
                    }}
                  />
                  ${t("import.skip")}</label
                >`
            : nothing}
          ${this.generated.length
            ? html`<p class="quiet">${t("import.save", { count: this.generated.length })}</p>`
            : nothing}
          <wa-button variant="brand" ?disabled=${!isReady} @click=${this.begin}>
            ${t(this.generated.length ? "import.saveAndBegin" : "import.begin", {
              count: this.added.length,
            })}
          </wa-button>
        </section>`}`;
  }

  private progress(run: ImportRun) {
    const total = run.accounts.length;
    const text = t("import.progress", { done: run.done, total });
    return html`<wa-progress-bar
        value=${(100 * run.done) / total}
        label=${t("import.title")}
      ></wa-progress-bar>
      <p aria-live="polite">
        ${run.isComplete
          ? t("import.done", { count: run.created })
          : run.isRunning
            ? text
            : t("import.stopped", { done: run.done, total })}
      </p>
      <div role="status">${run.error ? errorCallout(run.error) : nothing}</div>
      ${run.isComplete
        ? nothing
        : run.isRunning
          ? html`<p class="quiet">${t("import.meanwhile")}</p>
              <wa-button @click=${() => run.stop()}>${t("import.stop")}</wa-button>`
          : html`<wa-button variant="brand" @click=${() => run.proceed()}
              >${t("import.continue")}</wa-button
            >`}
      ${this.failures(run)} ${run.isComplete ? this.handOut(run) : nothing}`;
  }

  private failures(run: ImportRun) {
    if (!run.failures.length) return nothing;
    return html`<wa-callout variant="danger" size="s">
      <p>${t("import.failed")}</p>
      <ul>
        ${run.failures.map((each) => html`<li><code>${each.identifier}</code> ${each.message}</li>`)}
      </ul>
    </wa-callout>`;
  }

  private handOut(run: ImportRun) {
    const failed = new Set(run.failures.map((each) => each.identifier));
    const made = run.accounts.filter((each) => !failed.has(each.identifier));
    const slips = made
      .filter((each) => each.generated)
      .map((each) => ({
        identifier: each.identifier,
        displayName: each.display_name || each.identifier,
        password: each.password ?? "",
      }));
    return html`${slips.length ? html`<p>${t("import.handOut")}</p>` : nothing}
      <div class="buttons">
        ${slips.length
          ? html`<wa-button variant="brand" @click=${() => printSlips(slips)}>
                ${t("import.slips")}
              </wa-button>
              <wa-button @click=${this.download}>${t("import.download")}</wa-button>`
          : nothing}
        <wa-button appearance="outlined" @click=${this.restart}>${t("import.another")}</wa-button>
      </div>
      ${accountTable(made, issuedPassword)}`;
  }
}
