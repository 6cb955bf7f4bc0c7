/** Join: somebody makes their own account with an invitation, and is signed in. */

import { html } from "lit";
import { customElement, property } from "lit/decorators.js";

import { type Account, api, read } from "../api/client";
import { signIn } from "../api/session";
import { t } from "../i18n/text";
import {
  displayNameField,
  identifierField,
  newPasswordField,
  repeatedPasswordField,
} from "../parts/account-fields";
import { Page } from "../parts/page";
import { SignedIn } from "./sign-in";

@customElement("cg-join")
export class JoinPage extends Page {
  /** The secret of the link. */
  @property({ attribute: false }) invitation = "";
  /** Who is signed in already. */
  @property({ attribute: false }) account: Account | null = null;
  /** Name and password of the account that was made. */
  private made: { identifier: string; password: string } | null = null;

  protected override render() {
    return html`<section class="narrow">
      <h1>${t("join.title")}</h1>
      ${this.content()}
    </section>`;
  }

  private content() {
    if (this.account) {
      const name = this.account.display_name || this.account.identifier;
      return html`<p>${t("join.signedIn", { name })}</p>
        <a href="#/">${t("app.toStart")}</a>`;
    }
    if (!this.invitation) return html`<p>${t("join.incomplete")}</p>`;
    return html`<p>${t("join.intro")}</p>
      <form class="wa-stack" @submit=${this.submit}>
        ${identifierField(true)} ${displayNameField("join.name", "", true)}
        ${newPasswordField("password", "signIn.password")} ${repeatedPasswordField("join.repeat")}
        ${this.outcome()}
        <wa-button type="submit" variant="brand" ?loading=${this.busy}>
          ${t("join.submit")}
        </wa-button>
        <p class="quiet"><a href="#/">${t("join.signIn")}</a></p>
      </form>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void this.attempt(async () => {
      const wanted = {
        identifier: String(fields.get("identifier")),
        password: String(fields.get("password")),
      };
      if (wanted.password !== fields.get("repeated")) throw new Error(t("join.differ"));
      await this.register(wanted, String(fields.get("name") ?? "").trim());
      const session = await signIn(wanted.identifier, wanted.password, null);
      history.replaceState(null, "", "#/"); // the link is used; it shall not stay in the history
      this.dispatchEvent(new SignedIn(session));
      window.dispatchEvent(new HashChangeEvent("hashchange"));
    });
  }

  /** Make the account, unless that was done and only the sign-in failed. */
  private async register(
    wanted: { identifier: string; password: string },
    name: string,
  ): Promise<void> {
    const { identifier, password } = wanted;
    if (this.made?.identifier === identifier && this.made.password === password) return;
    const body = { ...wanted, display_name: name || null, invitation: this.invitation };
    await read(api.POST("/v1/accounts", { body }));
    this.made = wanted;
  }
}
