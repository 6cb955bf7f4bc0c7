/** Who could enter a room at a time, and what a person can still do. */

import { html, nothing, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";

import { api, read } from "../../api/client";
import type { components } from "../../api/schema";
import { moment, t, type TextKey } from "../../i18n/text";
import { Page } from "../../parts/page";
import { secondsOf, timeField } from "../../parts/time-field";
import { recordsTable } from "../../parts/records";

type Entries = components["schemas"]["ValidEntryList"];
type Entry = components["schemas"]["ValidEntryCredentials"];
type Held = components["schemas"]["HeldCredentialList"];
type Credential = components["schemas"]["HeldCredential"];

abstract class Question<T> extends Page {
  @state() private answer: T | null = null;

  protected abstract readonly heading: TextKey;
  protected abstract readonly hint: TextKey;
  protected abstract fields(): TemplateResult;
  protected abstract ask(fields: FormData): Promise<T>;
  protected abstract view(answer: T): TemplateResult;

  protected override render() {
    return html`<section>
      <h2>${t(this.heading)}</h2>
      <p class="quiet">${t(this.hint)}</p>
      <form class="wanted" autocomplete="off" @submit=${this.submit}>
        ${this.fields()}
        <wa-button type="submit" ?loading=${this.busy}>${t("audit.ask")}</wa-button>
      </form>
      ${this.outcome()}
      <div aria-live="polite">${this.answer ? this.view(this.answer) : nothing}</div>
    </section>`;
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    void this.attempt(async () => {
      this.answer = null;
      this.answer = await this.ask(fields);
    });
  }
}

@customElement("cg-who-could-enter")
export class WhoCouldEnter extends Question<Entries> {
  protected readonly heading = "audit.enterTitle";
  protected readonly hint = "audit.enterHint";

  protected fields() {
    return html`<wa-input
        name="classroom"
        type="number"
        label=${t("listing.classroom")}
        min="1"
        max="4294967295"
        without-spin-buttons
        required
      ></wa-input>
      ${timeField("at", t("audit.at"))}`;
  }

  protected ask(fields: FormData): Promise<Entries> {
    const at = secondsOf(String(fields.get("at") ?? ""));
    const query = {
      classroom: Number(fields.get("classroom")),
      ...(at === null ? {} : { at }),
    };
    return read(api.GET("/v1/admin/entries", { params: { query } }));
  }

  protected view(answer: Entries) {
    if (answer.items.length === 0) return html`<p class="empty">${t("audit.nobody")}</p>`;
    const titles = [
      t("audit.person"),
      t("audit.role"),
      t("audit.issued"),
      t("audit.roomUntil"),
      t("audit.sigUntil"),
    ];
    return html`${recordsTable(titles, answer.items.map(entryRow))} ${rest(answer.complete)}`;
  }
}

@customElement("cg-what-is-held")
export class WhatIsHeld extends Question<Held> {
  protected readonly heading = "audit.holdTitle";
  protected readonly hint = "audit.holdHint";

  protected fields() {
    return html`<wa-input
      name="identifier"
      label=${t("listing.identifier")}
      autocapitalize="none"
      spellcheck="false"
      maxlength="200"
      required
    ></wa-input>`;
  }

  protected ask(fields: FormData): Promise<Held> {
    const identifier = String(fields.get("identifier") ?? "").trim();
    return read(api.GET("/v1/admin/leases", { params: { query: { identifier } } }));
  }

  protected view(answer: Held) {
    if (answer.items.length === 0) return html`<p class="empty">${t("audit.nothingHeld")}</p>`;
    const titles = [
      t("audit.kind"),
      t("listing.classroom"),
      t("audit.validUntil"),
      t("audit.renewableUntil"),
    ];
    const rows = answer.items.map((each) => heldRow(each, answer.at));
    return html`${recordsTable(titles, rows)} ${rest(answer.complete)}`;
  }
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
    <td>${roleText(entry.role)}</td>
    <td>${moment(entry.issued_at)}</td>
    <td>
      <span class="quiet cell-label">${t("audit.roomUntil")}</span> ${until === null
        ? t("audit.notRecorded")
        : moment(until)}
    </td>
    <td><span class="quiet cell-label">${t("audit.sigUntil")}</span> ${moment(entry.expires_at)}</td>
  </tr>`;
}

/** The role in words; one of a newer server, as the API writes it. */
function roleText(role: string): string {
  const known = (["host", "assistant", "student"] as const).find((each) => each === role);
  return known ? t(`classRole.${known}`) : role;
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
