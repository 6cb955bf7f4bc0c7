/** The base of the dialogs: opened for something, with a form that is new each time. */

import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import "@awesome.me/webawesome/dist/components/dialog/dialog.js";

import { t } from "../i18n/text";
import { Page } from "./page";

export abstract class FormDialog<T> extends Page {
  /** What the dialog was opened for; null when it is closed. */
  @state() protected subject: T | null = null;
  @state() private open = false;
  /** Counts the openings, so that each one has a new form. */
  @state() private turn = 0;

  /** The heading. */
  protected abstract heading(subject: T): string;
  /** What is between the heading and the buttons; a form in it is submitted by `submitButton`. */
  protected abstract content(subject: T): TemplateResult;

  show(subject: T): void {
    this.subject = subject;
    this.turn += 1;
    this.error = null;
    this.done = "";
    this.open = true;
  }

  protected hide = (): void => {
    this.open = false;
  };

  /** Forget what was shown, when the dialog is closed. */
  protected forget(): void {}

  /** Close, and let what was changed be fetched again; `said` is shown as what was done. */
  protected finish(said: string): void {
    this.hide();
    this.announce(said);
  }

  /** Let what was changed be fetched again. */
  protected announce(said: string): void {
    this.dispatchEvent(new CustomEvent("changed", { detail: said, bubbles: true }));
  }

  /** An answer is awaited that may be shown once, such as a password: whoever closes waits for it. */
  private onHide(event: Event): void {
    if (event.target !== event.currentTarget) return; // of a component inside
    if (this.busy && this.open) event.preventDefault();
  }

  private onHidden(event: Event): void {
    if (event.target !== event.currentTarget) return; // of a component inside
    this.open = false;
    this.subject = null;
    this.forget();
  }

  protected buttons(text: string, variant: "brand" | "danger" = "brand"): TemplateResult {
    return html`<div class="buttons">
      <wa-button type="submit" variant=${variant} ?loading=${this.busy}>${text}</wa-button>
      <wa-button appearance="outlined" ?disabled=${this.busy} @click=${this.hide}
        >${t("office.cancel")}</wa-button
      >
    </div>`;
  }

  /** What follows something that is shown once. */
  protected closeButton(): TemplateResult {
    return html`<div class="buttons">
      <wa-button variant="brand" @click=${this.hide}>${t("office.close")}</wa-button>
    </div>`;
  }

  protected override render() {
    return html`<wa-dialog
      label=${this.subject === null ? "" : this.heading(this.subject)}
      ?open=${this.open}
      @wa-hide=${this.onHide}
      @wa-after-hide=${this.onHidden}
    >
      ${this.subject === null ? nothing : keyed(this.turn, this.content(this.subject))}
    </wa-dialog>`;
  }
}
