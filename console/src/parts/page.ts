/** The base of every page: rendered without a shadow root, so that the common styles reach it. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { Refusal, Unreachable } from "../api/client";
import { moment, t, type TextKey } from "../i18n/text";

export abstract class Page extends LitElement {
  /** What went wrong last, until something else is tried. */
  @state() protected error: Error | null = null;
  /** What was done last. */
  @state() protected done = "";
  /** Whether an answer is awaited. */
  @state() protected busy = false;

  protected override createRenderRoot(): this {
    return this;
  }

  /** Run something that calls the server: shows progress, and the error if it fails. */
  protected async attempt(work: () => Promise<void>): Promise<void> {
    if (this.busy) return;
    this.busy = true;
    this.error = null;
    this.done = "";
    try {
      await work();
    } catch (error) {
      this.error = error instanceof Error ? error : new Error(String(error));
    } finally {
      this.busy = false;
    }
  }

  /** What was done, or what went wrong and what to do; read aloud by screen readers. */
  protected outcome(): TemplateResult {
    return html`<div role="status" aria-live="polite">
      ${this.done
        ? html`<wa-callout variant="success" size="s">${this.done}</wa-callout>`
        : nothing}
      ${this.error ? errorCallout(this.error) : nothing}
    </div>`;
  }
}

/** Say what went wrong, which fields are meant, and when to try again. */
export function errorCallout(error: Error): TemplateResult {
  if (!(error instanceof Refusal)) {
    const text = error instanceof Unreachable ? t("app.unreachable") : error.message;
    return html`<wa-callout variant="danger" size="s">${text}</wa-callout>`;
  }
  const { errors, request_id } = error.problem;
  const isCancelled = error.reason === "confirmation_needed"; // the dialog was closed
  return html`<wa-callout variant="danger" size="s">
    <p class="sentence">
      ${isCancelled
        ? t("confirm.cancelled")
        : errors?.length
          ? t("app.correct")
          : sentenceOf(error)}
    </p>
    ${errors?.length
      ? html`<ul>
          ${errors.map((each) => html`<li>${fieldName(each.field)}${each.message}</li>`)}
        </ul>`
      : nothing}
    ${error.retryAfter === null
      ? nothing
      : html`<p>${t("app.wait", { seconds: error.retryAfter })}</p>`}
    <p class="quiet">${t("app.requestId", { id: request_id })}</p>
  </wa-callout>`;
}

/** What the server says; a time that it leaves to the page is written by the page. */
function sentenceOf(error: Refusal): string {
  const { reason, until } = error.problem;
  return reason === "kicked" && until ? t("app.kicked", { time: moment(until) }) : error.message;
}

/** The labels of the fields, as the forms write them. */
const FIELDS: Record<string, TextKey> = {
  identifier: "signIn.identifier",
  password: "signIn.password",
  current_password: "account.currentPassword",
  new_password: "account.newPassword",
  display_name: "office.displayName",
  title: "class.title",
  starts_at: "class.startsAt",
  ends_at: "class.endsAt",
  uses: "invitations.uses",
  expires_at: "invitations.days",
};

/** Name the field of an error. The API writes a path, such as `members[3].identifier`. */
function fieldName(path: string): string {
  const key = FIELDS[path];
  return t("app.field", { name: key ? t(key) : path });
}
