/** Who could enter a room at a time, and what a person can still do. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { api, read } from "../../api/client";
import type { components } from "../../api/schema";
import { moment, t } from "../../i18n/text";
import { Page } from "../../parts/page";
import { secondsOf, timeField } from "../../parts/time-field";

type Entries = components["schemas"]["ValidEntryList"];
type Entry = components["schemas"]["ValidEntryCredentials"];
type Held = components["schemas"]["HeldCredentialList"];
type Credential = components["schemas"]["HeldCredential"];

@customElement("cg-who-could-enter")
export class WhoCouldEnter extends Page {
  @state() private answer: Entries | null = null;

  protected override render() {
    return html`<section>
      <h2>${t("audit.enterTitle")}</h2>
      <p class="quiet">${t("audit.enterHint")}</p>
      <form class="wanted" autocomplete="off" @submit=${this.ask}>
        <wa-input
          name="classroom"
          type="number"
          label=${t("listing.classroom")}
          min="1"
          max="4294967295"
          without-spin-buttons
          required
        ></wa-input>
        ${timeField("at", t("audit.at"))}
        <wa-button type="submit" ?loading=${this.busy}>${t("audit.ask")}</wa-button>
      </form>
      ${this.outcome()}
      <div aria-live="polite">${this.answer ? this.table(this.answer) : nothing}</div>
    </section>`;
  }

  private ask(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const at = secondsOf(String(fields.get("at") ?? ""));
    const query = {
      classroom: Number(fields.get("classroom")),
      ...(at === null ? {} : { at }),
    };
    void this.attempt(async () => {
      this.answer = null;
      this.answer = await read(api.GET("/v1/admin/entries", { params: { query } }));
    });
  }

  private table(answer: Entries): TemplateResult {
    if (answer.items.length === 0) return html`<p class="empty">${t("audit.nobody")}</p>`;
    const titles = [
      t("audit.person"),
      t("audit.role"),
      t("audit.issued"),
      t("audit.roomUntil"),
      t("audit.sigUntil"),
    ];
    return html`${table(titles, answer.items.map(entryRow))} ${rest(answer.complete)}`;
  }
}

@customElement("cg-what-is-held")
export class WhatIsHeld extends Page {
  @state() private answer: Held | null = null;

  protected override render() {
    return html`<section>
      <h2>${t("audit.holdTitle")}</h2>
      <p class="quiet">${t("audit.holdHint")}</p>
      <form class="wanted" autocomplete="off" @submit=${this.ask}>
        <wa-input
          name="identifier"
          label=${t("listing.identifier")}
          autocapitalize="none"
          spellcheck="false"
          maxlength="200"
          required
        ></wa-input>
        <wa-button type="submit" ?loading=${this.busy}>${t("audit.ask")}</wa-button>
      </form>
      ${this.outcome()}
      <div aria-live="polite">${this.answer ? this.table(this.answer) : nothing}</div>
    </section>`;
  }

  private ask(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    const identifier = String(fields.get("identifier") ?? "").trim();
    void this.attempt(async () => {
      this.answer = null;
      this.answer = await read(api.GET("/v1/admin/leases", { params: { query: { identifier } } }));
    });
  }

  private table(answer: Held): TemplateResult {
    if (answer.items.length === 0) return html`<p class="empty">${t("audit.nothingHeld")}</p>`;
    const titles = [
      t("audit.kind"),
      t("listing.classroom"),
      t("audit.validUntil"),
      t("audit.renewableUntil"),
    ];
    return html`${table(
      titles,
      answer.items.map((each) => heldRow(each, answer.at)),
    )}
    ${rest(answer.complete)}`;
  }
}

function table(titles: readonly string[], rows: readonly TemplateResult[]): TemplateResult {
  return html`<table class="records">
    <thead>
      <tr>
        ${titles.map((each) => html`<th scope="col">${each}</th>`)}
      </tr>
    </thead>
    <tbody>
      ${rows}
    </tbody>
  </table>`;
}

function rest(isComplete: boolean): TemplateResult | typeof nothing {
  return isComplete ? nothing : html`<p class="quiet">${t("audit.incomplete")}</p>`;
}

function entryRow(entry: Entry): TemplateResult {
  const until = entry.private_map_key_expires_at;
  return html`<tr>
    <th scope="row">
      <bdi>${entry.identifier ?? t("audit.account", { id: entry.account_id })}</bdi>
    </th>
    <td>${entry.role}</td>
    <td>${moment(entry.issued_at)}</td>
    <td>
      <span class="quiet cell-label">${t("audit.roomUntil")}</span> ${until === null
        ? t("audit.notRecorded")
        : moment(until)}
    </td>
    <td><span class="quiet cell-label">${t("audit.sigUntil")}</span> ${moment(entry.expires_at)}</td>
  </tr>`;
}

function heldRow(held: Credential, at: number): TemplateResult {
  return html`<tr>
    <th scope="row">
      ${t(`audit.kind.${held.kind}`)}
      ${held.ended_at === null
        ? nothing
        : html`<wa-tag size="s">${t("audit.ended", { time: moment(held.ended_at) })}</wa-tag>`}
    </th>
    <td>${held.classroom_id === null ? nothing : t("listing.class", { id: held.classroom_id })}</td>
    <td><span class="quiet cell-label">${t("audit.validUntil")}</span> ${validity(held, at)}</td>
    <td>
      <span class="quiet cell-label">${t("audit.renewableUntil")}</span> ${held.state === "ended" ||
      held.renewable_until === null
        ? t("audit.notRenewable")
        : moment(held.renewable_until)}
    </td>
  </tr>`;
}

function validity(held: Credential, at: number): string {
  if (held.expires_at === null) return t("audit.untilUsed");
  return held.expires_at <= at ? t("audit.expired") : moment(held.expires_at);
}
