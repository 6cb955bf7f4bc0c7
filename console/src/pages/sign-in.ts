/** Sign in: with name and password. */

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";

import type { Account } from "../api/client";
import { signIn } from "../api/session";
import { t } from "../i18n/text";
import { Page } from "../parts/page";

export class SignedIn extends Event {
  constructor(readonly account: Account) {
    super("signed-in", { bubbles: true, composed: true });
  }
}

@customElement("cg-sign-in")
export class SignInPage extends Page {
  /** Whether somebody was signed in until now. */
  @property({ type: Boolean }) ended = false;

  protected override render() {
    return html`<section class="narrow">
      <h1>${t("signIn.title")}</h1>
      ${this.ended
        ? html`<wa-callout variant="neutral" size="s">${t("signIn.ended")}</wa-callout>`
        : ""}
      <form class="wa-stack" @submit=${this.submit}>
        <wa-input
          name="identifier"
          label=${t("signIn.identifier")}
          autocomplete="username"
          autocapitalize="none"
          spellcheck="false"
          required
          maxlength="32"
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
    void this.attempt(async () => {
      const account = await signIn(String(fields.get("identifier")), String(fields.get("password")));
      this.dispatchEvent(new SignedIn(account));
    });
  }
}
