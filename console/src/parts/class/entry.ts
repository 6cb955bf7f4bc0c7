/** Enter a class: what the entry credentials hold, and how a client uses them. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import "@awesome.me/webawesome/dist/components/copy-button/copy-button.js";

import { api, read } from "../../api/client";
import { consoleState } from "../../api/console";
import { moment, t } from "../../i18n/text";
import { Page } from "../page";
import { type Check, checkLogin, checkRoom } from "./entry/emulator";
import { type EntryCredentials, privilegesIn } from "./entry/privileges";
import { CHAT_LINES, ROOM_LINES } from "./entry/snippets";
import type { ClassView } from "./view";

import "../../entry.css";

@customElement("cg-entry")
export class EntrySection extends Page {
  @property({ attribute: false }) view!: ClassView;

  @state() private entry: EntryCredentials | null = null;
  @state() private isShown = false;
  @state() private emulator: string | null = null;
  @state() private checks: { login: Check; room: Check } | null = null;

  private enter = (): Promise<void> =>
    this.attempt(async () => {
      this.checks = null;
      this.isShown = false;
      const path = { classroom_id: this.view.classroom.classroom_id };
      this.entry = await read(
        api.POST("/v1/classrooms/{classroom_id}/entry", { params: { path } }),
      );
      this.emulator = (await consoleState()).emulator_url;
    });

  private renew = (): Promise<void> =>
    this.attempt(async () => {
      this.checks = null;
      const path = { lease_id: this.entry?.lease_id ?? "" };
      const renewed = await read(api.POST("/v1/leases/{lease_id}/renew", { params: { path } }));
      this.entry = renewed as EntryCredentials;
      this.done = t("entry.renewed");
    });

  private check = (): Promise<void> =>
    this.attempt(async () => {
      const [emulator, entry] = [this.emulator as string, this.entry as EntryCredentials];
      this.checks = { login: await checkLogin(emulator, entry), room: await checkRoom(emulator, entry) };
    });

  protected override render() {
    return html`<section aria-labelledby="entry-title">
      <h2 id="entry-title">${t("entry.title")}</h2>
      <p>${t("entry.intro")}</p>
      <div class="buttons">
        <wa-button variant="brand" ?loading=${this.busy} @click=${this.enter}>
          ${t(this.entry ? "entry.enterAgain" : "entry.enter")}
        </wa-button>
        ${this.entry
          ? html`<wa-button appearance="outlined" ?loading=${this.busy} @click=${this.renew}>
              ${t("entry.renew")}
            </wa-button>`
          : nothing}
      </div>
      ${this.outcome()} ${this.entry ? this.content(this.entry) : nothing}
    </section>`;
  }

  private content(entry: EntryCredentials): TemplateResult {
    return html`${this.facts(entry)} ${this.secrets(entry)}
      ${this.emulator ? this.emulatorChecks() : nothing}
      <h3>${t("entry.client")}</h3>
      <p>${t("entry.clientHint")}</p>
      ${lines("trtc-sdk-v5", ROOM_LINES)} ${lines("@tencentcloud/chat", CHAT_LINES)}`;
  }

  private facts(entry: EntryCredentials) {
    const privileges = privilegesIn(entry.privilege_map);
    return html`<h3>${t("entry.holds")}</h3>
      <dl class="facts">
        <dt>${t("entry.role")}</dt>
        <dd>${t(`classRole.${entry.role}`)}</dd>
        <dt>${t("entry.room")}</dt>
        <dd><code>${entry.room_id}</code></dd>
        <dt>${t("entry.chat")}</dt>
        <dd><code>${entry.groups.chat}</code></dd>
        <dt>${t("entry.allowed")}</dt>
        <dd>
          <ul>
            ${privileges.map((each) => html`<li>${t(`entry.privilege.${each}`)}</li>`)}
          </ul>
          <span class="quiet">privilege_map ${entry.privilege_map}</span>
        </dd>
        <dt>PrivateMapKey</dt>
        <dd>${t("entry.until", { time: moment(entry.private_map_key_expires_at) })}</dd>
        <dt>UserSig</dt>
        <dd>${t("entry.until", { time: moment(entry.expires_at) })}</dd>
        <dt>${t("entry.refresh")}</dt>
        <dd>${t("entry.refreshHint", { time: moment(entry.refresh_after) })}</dd>
      </dl>`;
  }

  private secrets(entry: EntryCredentials) {
    const fields = ["user_sig", "private_map_key"] as const;
    return html`<div class="secrets">
      <dl class="facts">
        <dt>sdk_app_id</dt>
        <dd><code>${entry.sdk_app_id}</code></dd>
        <dt>identifier</dt>
        <dd><code>${entry.identifier}</code></dd>
        ${fields.map(
          (each) => html`<dt>${each}</dt>
            <dd>
              <code>${this.isShown ? entry[each] : "••••••••••••••••"}</code>
              <wa-copy-button
                .value=${entry[each]}
                copy-label=${t("entry.copyOf", { name: each })}
                success-label=${t("office.copied")}
              ></wa-copy-button>
            </dd>`,
        )}
      </dl>
      <p class="quiet">${t("entry.secretHint")}</p>
      <wa-button
        size="s"
        appearance="outlined"
        aria-pressed=${this.isShown}
        @click=${() => (this.isShown = !this.isShown)}
        >${t(this.isShown ? "entry.hide" : "entry.show")}</wa-button
      >
    </div>`;
  }

  private emulatorChecks() {
    return html`<h3>${t("entry.emulator")}</h3>
      <p>${t("entry.emulatorHint")}</p>
      <wa-button size="s" appearance="outlined" ?loading=${this.busy} @click=${this.check}>
        ${t("entry.check")}
      </wa-button>
      <ul class="checks" aria-live="polite">
        ${this.checks
          ? html`${outcomeOf(t("entry.login"), this.checks.login)}
            ${outcomeOf(t("entry.enterRoom"), this.checks.room)}`
          : nothing}
      </ul>`;
  }
}

function outcomeOf(name: string, check: Check) {
  const text = check.code === 0 ? t("entry.accepted") : t("entry.refused", { code: check.code });
  return html`<li>
    <wa-tag size="s" variant=${check.code === 0 ? "success" : "danger"}>${text}</wa-tag>
    ${name} ${check.message ? html`<span class="quiet">${check.message}</span>` : nothing}
  </li>`;
}

function lines(name: string, text: string) {
  return html`<figure class="lines">
    <figcaption>
      ${name}
      <wa-copy-button
        .value=${text}
        copy-label=${t("entry.copyOf", { name })}
        success-label=${t("office.copied")}
      ></wa-copy-button>
    </figcaption>
    <pre tabindex="0" role="region" aria-label=${name}><code>${text}</code></pre>
  </figure>`;
}
