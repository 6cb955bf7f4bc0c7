/** Explain: which check of the cloud refuses a pasted credential, why, and what to do. */

import "@awesome.me/webawesome/dist/components/textarea/textarea.js";

import { html, nothing } from "lit";
import { customElement, state } from "lit/decorators.js";

import { api, read } from "../api/client";
import type { components } from "../api/schema";
import { t } from "../i18n/text";
import { Page } from "../parts/page";
import { explanationView } from "./operator/explanation";

import "../operator.css";

type Answer = components["schemas"]["ExplainAnswer"];
type AskedRequest = components["schemas"]["AskedRequest"];

const METHODS = ["PUT", "GET", "POST", "HEAD", "DELETE"] as const;

/** What was pasted stays in the field of this page: it is not stored, and leaves with the page. */
@customElement("cg-explain")
export class ExplainPage extends Page {
  @state() private answer: Answer | null = null;
  /** Whether the text looks like a policy, so that one can ask what it allows. */
  @state() private isPolicy = false;

  protected override render() {
    return html`<h1>${t("explain.title")}</h1>
      <p>${t("explain.intro")}</p>
      <form class="wa-stack" autocomplete="off" @submit=${this.submit}>
        <wa-textarea
          class="pasted"
          name="text"
          label=${t("explain.text")}
          hint=${t("explain.textHint")}
          rows="8"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          required
          @input=${this.onText}
        ></wa-textarea>
        <wa-input
          class="narrow"
          name="identifier"
          label=${t("explain.identifier")}
          hint=${t("explain.identifierHint")}
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="200"
        ></wa-input>
        ${this.isPolicy || this.answer?.kind === "sts_policy" ? this.grantFields() : nothing}
        <div class="buttons">
          <wa-button type="submit" variant="brand" ?loading=${this.busy}
            >${t("explain.submit")}</wa-button
          >
          <wa-button type="button" appearance="outlined" @click=${this.clear}
            >${t("explain.clear")}</wa-button
          >
        </div>
      </form>
      ${this.outcome()}
      <div aria-live="polite">${this.answer ? explanationView(this.answer) : nothing}</div>`;
  }

  private grantFields() {
    return html`<fieldset class="grant">
      <legend>${t("explain.grant")}</legend>
      <p class="quiet">${t("explain.grantHint")}</p>
      <div class="grant-fields">
        <label
          >${t("explain.method")}
          <select name="method">
            ${METHODS.map((each) => html`<option>${each}</option>`)}
          </select></label
        >
        <wa-input
          name="bucket"
          label=${t("explain.bucket")}
          placeholder="courseware-1250000000"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="80"
        ></wa-input>
        <wa-input
          name="key"
          label=${t("explain.key")}
          placeholder="classes/7/slides.pdf"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="850"
        ></wa-input>
        <wa-input
          name="query"
          label=${t("explain.query")}
          placeholder="uploads"
          autocomplete="off"
          autocapitalize="none"
          spellcheck="false"
          maxlength="500"
        ></wa-input>
      </div>
      <label class="check"
        ><input type="checkbox" name="is_form" /> ${t("explain.isForm")}</label
      >
    </fieldset>`;
  }

  private onText(event: Event): void {
    this.isPolicy = /statement/i.test((event.target as HTMLTextAreaElement).value ?? "");
  }

  private clear(event: Event): void {
    (event.target as HTMLElement).closest("form")!.reset();
    this.answer = null;
    this.error = null;
    this.isPolicy = false;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const request = askedRequest(fields);
    void this.attempt(async () => {
      this.answer = null;
      this.answer = await read(
        api.POST("/v1/admin/explain", {
          body: {
            text: String(fields.get("text") ?? ""),
            identifier: String(fields.get("identifier") ?? "").trim() || null,
            request,
          },
        }),
      );
    });
  }
}

/** The request that the policy may allow; null unless a bucket was typed. */
function askedRequest(fields: FormData): AskedRequest | null {
  const bucket = String(fields.get("bucket") ?? "").trim();
  if (bucket === "") return null;
  return {
    method: String(fields.get("method")),
    bucket,
    key: String(fields.get("key") ?? ""),
    query: String(fields.get("query") ?? "")
      .split(/[\s,&]+/)
      .filter(Boolean),
    is_form: fields.get("is_form") !== null,
  };
}
