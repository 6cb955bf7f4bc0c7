/** Sign in: with name and password, and the code of whoever has a second factor. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { type Account, type ConsoleSession, Refusal } from "../api/client";
import { signIn } from "../api/session";
import { t } from "../i18n/text";
import { Page } from "../parts/page";
import { hasUnfinishedUploads } from "../parts/class/uploads/unfinished";
import { codeField, codeOf } from "../parts/second-factor-code";

export class SignedIn extends Event {
  constructor(readonly session: ConsoleSession) {
    super("signed-in", { bubbles: true, composed: true });
  }
}

@customElement("cg-sign-in")
export class SignInPage extends Page {
  /** Who was signed in until now. */
  @property({ attribute: false }) ended: Account | null = null;
  /** Name and password, once they are right and a code is missing. */
  @state() private known: { identifier: string; password: string } | null = null;

  protected override render() {
    return this.known ? this.codeForm() : this.passwordForm();
  }

  private codeForm() {
    return html`<section class="narrow">
      <h1>${t("signIn.codeTitle")}</h1>
      <form class="wa-stack" @submit=${this.submit}>
        ${codeField()} ${this.outcome()}
        <wa-button type="submit" variant="brand" ?loading=${this.busy}>
          ${t("signIn.submit")}
        </wa-button>
        <wa-button appearance="plain" @click=${this.startAgain}>${t("signIn.back")}</wa-button>
        <p class="quiet">${t("signIn.lostDevice")}</p>
      </form>
    </section>`;
  }

  private passwordForm() {
    return html`<section class="narrow">
      <h1>${t("signIn.title")}</h1>
      ${this.ended ? whyAgain(this.ended) : nothing}
      <form class="wa-stack" @submit=${this.submit}>
        <wa-input
          name="identifier"
          label=${t("signIn.identifier")}
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          maxlength="32"
          value=${this.ended?.identifier ?? ""}
        ></wa-input>
        <wa-input
          name="password"
          type="password"
          label=${t("signIn.password")}
          autocomplete="current-password"
          password-toggle
          required
        ></wa-input>
        ${this.outcome()}
        <wa-button type="submit" variant="brand" ?loading=${this.busy}>
          ${t("signIn.submit")}
        </wa-button>
        <p class="quiet">${t("signIn.forgot")}</p>
      </form>
    </section>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const { identifier, password } = this.known ?? {
      identifier: String(fields.get("identifier")),
      password: String(fields.get("password")),
    };
    void this.attempt(async () => {
      try {
        const session = await signIn(identifier, password, codeOf(fields));
        this.known = null;
        this.dispatchEvent(new SignedIn(session));
      } catch (error) {
        if (!(error instanceof Refusal) || error.reason !== "second_factor_required") throw error;
        this.known = { identifier, password };
        await this.updateComplete;
        this.querySelector<HTMLElement>("wa-input")?.focus();
      }
    });
  }

  private startAgain(): void {
    this.known = null;
    this.error = null;
  }
}

/** Why the page asks to sign in again, and what waits for it. */
function whyAgain({ identifier }: Account) {
  return html`<wa-callout variant="neutral" size="s">
    <p>${t("signIn.ended")}</p>
    ${hasUnfinishedUploads(identifier)
      ? html`<p>${t("signIn.uploadsWait", { name: identifier })}</p>`
      : nothing}
  </wa-callout>`;
}
