/** The second factor of an admin: set it up with an app, replace it, remove it. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import {
  api,
  type ConsoleSession,
  read,
  type SecondFactorSetUp,
  SESSION_CHANGED,
} from "../api/client";
import { needsSecondFactor } from "../api/session";
import { moment, t } from "../i18n/text";
import { Page } from "../parts/page";
import { question } from "../parts/question";
import "../parts/qr-code";
import { codeField, codeOf } from "../parts/second-factor-code";

@customElement("cg-second-factor")
export class SecondFactorSection extends Page {
  @property({ attribute: false }) session!: ConsoleSession;
  /** The new secret, while it waits for its first code. */
  @state() private setUp: SecondFactorSetUp | null = null;
  @state() private isRemoving = false;

  protected override render() {
    const isForced = needsSecondFactor(this.session);
    const title = isForced ? t("secondFactor.forcedTitle") : t("secondFactor.title");
    return html`<section class="narrow">
      ${isForced ? html`<h1>${title}</h1>` : html`<h2>${title}</h2>`}
      <p>${isForced ? t("secondFactor.forcedWhy") : t("secondFactor.why")}</p>
      ${this.setUp ? this.steps(this.setUp) : this.overview()}
    </section>`;
  }

  private overview() {
    const { has_second_factor: has, second_factor_required: isRequired } = this.session;
    return html`${this.outcome()}
      <p>
        <wa-tag size="s" variant=${has ? "success" : "warning"}
          >${has ? t("secondFactor.on") : t("secondFactor.off")}</wa-tag
        >
      </p>
      <div class="wa-cluster">
        <wa-button
          variant=${has ? "neutral" : "brand"}
          appearance=${has ? "outlined" : "accent"}
          ?loading=${this.busy && !this.isRemoving}
          @click=${this.start}
          >${has ? t("secondFactor.replace") : t("secondFactor.setUp")}</wa-button
        >
        ${has && !isRequired
          ? html`<wa-button
              appearance="plain"
              variant="danger"
              @click=${() => (this.isRemoving = true)}
              >${t("secondFactor.remove")}</wa-button
            >`
          : nothing}
      </div>
      ${this.removalDialog()}`;
  }

  private steps(setUp: SecondFactorSetUp) {
    return html`<ol class="steps">
      <li>
        <p>${t("secondFactor.scan")}</p>
        <cg-qr-code value=${setUp.uri} label=${t("secondFactor.qrCode")}></cg-qr-code>
        <p class="quiet">${t("secondFactor.orType")}</p>
        <p><code class="secret">${inGroups(setUp.secret)}</code></p>
      </li>
      <li>
        <p>${t("secondFactor.typeCode")}</p>
        <form class="wa-stack" @submit=${this.confirm}>
          ${codeField()} ${this.outcome()}
          <div class="wa-cluster">
            <wa-button type="submit" variant="brand" ?loading=${this.busy}
              >${t("secondFactor.confirm")}</wa-button
            >
            <wa-button appearance="plain" @click=${this.cancel}
              >${t("secondFactor.cancel")}</wa-button
            >
          </div>
          <p class="quiet">${t("secondFactor.until", { time: moment(setUp.expires_at) })}</p>
        </form>
      </li>
    </ol>`;
  }

  private removalDialog() {
    return question({
      isAsked: this.isRemoving,
      title: t("secondFactor.removeTitle"),
      text: t("secondFactor.removeWarning"),
      submit: t("secondFactor.remove"),
      onYes: () => void this.removeIt(),
      onClosed: () => {
        this.isRemoving = false;
      },
    });
  }

  private start = (): Promise<void> =>
    this.attempt(async () => {
      this.setUp = await read(api.POST("/v1/console/second-factor"));
      await this.updateComplete;
      this.querySelector<HTMLElement>("wa-input")?.focus({ preventScroll: true });
    });

  private cancel(): void {
    this.setUp = null;
    this.error = null;
  }

  private confirm(event: SubmitEvent): void {
    event.preventDefault();
    const code = codeOf(new FormData(event.target as HTMLFormElement)) ?? "";
    void this.attempt(async () => {
      await read(api.PUT("/v1/console/second-factor", { body: { code } }));
      this.setUp = null;
      const detail = t("secondFactor.done");
      window.dispatchEvent(new CustomEvent(SESSION_CHANGED, { detail }));
    });
  }

  private removeIt = (): Promise<void> =>
    this.attempt(async () => {
      await read(api.DELETE("/v1/console/second-factor"));
      const detail = t("secondFactor.removed");
      window.dispatchEvent(new CustomEvent(SESSION_CHANGED, { detail }));
    });
}

/** Write a secret as people type it: in groups of four. */
function inGroups(secret: string): string {
  return secret.replace(/(.{4})(?=.)/g, "$1 ");
}
