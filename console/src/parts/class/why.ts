/** Why can't they get in? The checks in words, and the button that does what is needed. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { listMembers, type Member } from "../../api/classes";
import { api, read, Refusal } from "../../api/client";
import type { components } from "../../api/schema";
import { moment, t, withLocalTimes } from "../../i18n/text";
import { Page } from "../page";
import { addToRoster, type Remedy, remediesFor, remedyText, toPeople } from "./remedies";
import { reasonAtClass, ruleText } from "../refusal-words";
import type { ClassView } from "./view";

export type WhyAnswer = components["schemas"]["WhyAnswer"];
type Action = WhyAnswer["action"];

const ACTIONS: readonly Action[] = ["enter", "upload", "download"];
const MOST_SUGGESTED = 1000;

@customElement("cg-why")
export class Why extends Page {
  @property({ attribute: false }) view!: ClassView;

  @state() private members: Member[] = [];
  @state() private answer: WhyAnswer | null = null;
  /** Who was asked about and is not on the roster: the server tells a teacher nothing else. */
  @state() private stranger = "";
  private action: Action = "enter";

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.begin());
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    const before = changed.get("view") as ClassView | undefined;
    if (!before) return;
    if (before.argument !== this.view.argument && this.view.argument) this.begin();
    const hasNewHost = before.classroom.host !== this.view.classroom.host;
    if (hasNewHost && this.answer) void this.ask(this.answer.identifier);
  }

  private begin(): void {
    void this.suggest();
    if (this.view.argument) void this.ask(this.view.argument);
  }

  /** The suggestions are a convenience: without them a name can be typed. */
  private async suggest(): Promise<void> {
    try {
      const { items } = await listMembers(this.view.classroom.classroom_id, MOST_SUGGESTED);
      this.members = items;
    } catch {
      this.members = [];
    }
  }

  private ask(identifier: string): Promise<void> {
    return this.attempt(async () => {
      this.answer = null;
      this.stranger = "";
      try {
        this.answer = await this.explain(identifier);
      } catch (error) {
        if (!(error instanceof Refusal) || error.reason !== "member_not_found") throw error;
        this.stranger = identifier;
      }
    });
  }

  private explain(identifier: string): Promise<WhyAnswer> {
    const { classroom_id } = this.view.classroom;
    const { action } = this;
    if (this.view.account.role === "admin") {
      const query = { identifier, classroom: classroom_id, action };
      return read(api.GET("/v1/admin/why", { params: { query } }));
    }
    const params = { path: { classroom_id }, query: { identifier, action } };
    return read(api.GET("/v1/classrooms/{classroom_id}/why", { params }));
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = new FormData(event.target as HTMLFormElement);
    this.action = fields.get("action") as Action;
    void this.ask(String(fields.get("identifier")).trim());
  }

  /** Do what is needed, and ask again. */
  private async press(remedy: Remedy, identifier: string): Promise<void> {
    if (remedy.opensHostDialog) this.dispatchEvent(new Event("change-host", { bubbles: true }));
    const { run } = remedy;
    if (!run) return;
    await this.attempt(async () => {
      await run();
      this.answer = await this.explain(identifier);
      this.stranger = "";
      this.done = t("why.pressed");
      this.dispatchEvent(new Event("changed", { bubbles: true }));
      await this.suggest();
    });
  }

  protected override render() {
    return html`<section class="class-section">
      <form class="why-form" @submit=${this.submit}>
        <label
          >${t("why.who")}
          <input
            name="identifier"
            list="why-members"
            autocomplete="off"
            autocapitalize="none"
            spellcheck="false"
            required
            maxlength="200"
            .defaultValue=${this.view.argument}
          />
        </label>
        <datalist id="why-members">
          ${this.members.map(
            (each) => html`<option value=${each.identifier}>${each.display_name}</option>`,
          )}
        </datalist>
        <label
          >${t("why.what")}
          <select name="action">
            ${ACTIONS.map((each) => html`<option value=${each}>${t(`why.${each}`)}</option>`)}
          </select></label
        >
        <wa-button type="submit" variant="brand" ?loading=${this.busy}>${t("why.ask")}</wa-button>
      </form>
      ${this.outcome()}
      <div aria-live="polite">
        ${this.answer ? this.result(this.answer) : nothing}
        ${this.stranger ? this.notOnRoster(this.stranger) : nothing}
      </div>
    </section>`;
  }

  private result(answer: WhyAnswer) {
    return html`<div class="why-answer">
      ${answer.allowed ? this.allowed(answer) : this.refused(answer)} ${this.checks(answer)}
      ${this.now(answer)} ${this.refusals(answer)}
    </div>`;
  }

  private allowed(answer: WhyAnswer) {
    if (answer.state?.session_open === false) return this.signedOut(answer);
    return html`<wa-callout variant="success" size="s">
      <h2>${t(`why.may.${answer.action}`, { name: answer.identifier })}</h2>
      <p>${t("why.mayHint")}</p>
    </wa-callout>`;
  }

  /** Everything allows it but that somebody has to sign in first, which only admins see. */
  private signedOut(answer: WhyAnswer) {
    return html`<wa-callout variant="warning" size="s">
      <h2>${t("why.signedOut", { name: answer.identifier })}</h2>
      <p>${t("refused.session_open", { name: answer.identifier })}</p>
      ${this.buttons(toPeople(this.view, answer), answer.identifier)}
    </wa-callout>`;
  }

  private notOnRoster(identifier: string) {
    const { action } = this;
    return html`<div class="why-answer">
      <wa-callout variant="danger" size="s">
        <h2>${t(`why.mayNot.${action}`, { name: identifier })}</h2>
        <p>${t("refused.stranger", { name: identifier })}</p>
        ${this.buttons(addToRoster(this.view, { identifier, action }), identifier)}
      </wa-callout>
    </div>`;
  }

  private buttons(remedies: Remedy[], identifier: string) {
    if (remedies.length === 0) return nothing;
    return html`<div class="buttons">
      ${remedies.map((each) =>
        each.href === undefined
          ? html`<wa-button
              size="s"
              variant="brand"
              ?loading=${this.busy}
              @click=${() => this.press(each, identifier)}
              >${each.text}</wa-button
            >`
          : html`<wa-button size="s" appearance="outlined" href=${each.href}
              >${each.text}</wa-button
            >`,
      )}
    </div>`;
  }

  private refused(answer: WhyAnswer) {
    const remedies = remediesFor(answer, this.view);
    return html`<wa-callout variant="danger" size="s">
      <h2>${t(`why.mayNot.${answer.action}`, { name: answer.identifier })}</h2>
      <p>${remedyText(answer)}</p>
      ${this.buttons(remedies, answer.identifier)}
      ${remedies.length === 0 && answer.by.length
        ? html`<p class="quiet">
            ${t("why.by", { who: answer.by.map((each) => t(`fixer.${each}`)).join(t("why.or")) })}
          </p>`
        : nothing}
    </wa-callout>`;
  }

  private checks(answer: WhyAnswer) {
    return html`<h3>${t("why.checks")}</h3>
      <ul class="checks-list">
        ${answer.checks.map(
          (each) => html`<li class=${each.ok === null ? "skipped" : each.ok ? "passed" : "failed"}>
            <span aria-hidden="true">${each.ok === null ? "–" : each.ok ? "✓" : "✗"}</span>
            <div>
              ${t(`check.${each.name}`)}
              <span class="unseen"
                >${t(
                  each.ok === null ? "why.skipped" : each.ok ? "why.passed" : "why.failed",
                )}</span
              >
              ${each.ok ? nothing : html`<div class="quiet">${withLocalTimes(each.detail)}</div>`}
            </div>
          </li>`,
        )}
      </ul>`;
  }

  private now(answer: WhyAnswer) {
    const { state: now } = answer;
    if (!now) return nothing;
    const muted = (["chat", "audio", "video"] as const).filter((each) => now.muted[each]);
    const facts = [
      t(now.present ? "why.isPresent" : "why.isAbsent"),
      ...(now.entry_lease ? [t("why.hasLease")] : []),
      ...(muted.length
        ? [t("roster.muted", { what: muted.map((each) => t(`mute.${each}`)).join(", ") })]
        : []),
      ...(now.removal_waiting ? [t("why.removalWaiting")] : []),
      ...(now.session_open === true ? [t("why.loggedIn")] : []),
      ...(now.session_open === false ? [t("why.loggedOut")] : []),
    ];
    return html`<h3>${t("why.now")}</h3>
      <ul>
        ${facts.map((each) => html`<li>${each}</li>`)}
      </ul>`;
  }

  private refusals(answer: WhyAnswer) {
    if (answer.refusals.length === 0) return nothing;
    return html`<h3>${t("why.refusals")}</h3>
      <ul>
        ${answer.refusals.map(
          (each) => html`<li>
            ${moment(each.at)}: ${reasonAtClass(each.reason)} (${ruleText(each.rule)})
            <span class="quiet">${t("app.requestId", { id: each.request_id })}</span>
          </li>`,
        )}
      </ul>`;
  }
}
