/** People: the accounts of the school, found as one types. */

import { html, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import { type Account, api, type ManagedAccount, read } from "../api/client";
import { t } from "../i18n/text";
import { named } from "../parts/named";
import { Page } from "../parts/page";
import type { AddPersonDialog } from "./people/add-person";
import type { PasswordDialog } from "./people/password-dialog";
import type { PersonDialog } from "./people/person-dialog";
import { moreButton, recordsTable } from "../parts/records";

import "./people/add-person";
import "./people/password-dialog";
import "./people/person-dialog";
import "../office.css";

const DEBOUNCE = 250; // milliseconds
const PAGE = 50;
const ROLES = ["admin", "teacher", "student"] as const;

@customElement("cg-people")
export class PeoplePage extends Page {
  @property({ attribute: false }) account!: Account;
  /** Who is looked for first; empty: everybody. */
  @property() who = "";

  @state() private people: ManagedAccount[] | null = null;
  @state() private nextCursor: string | null = null;
  @state() private looking = false;

  @query("cg-add-person") private addDialog!: AddPersonDialog;
  @query("cg-password-dialog") private passwordDialog!: PasswordDialog;
  @query("cg-person-dialog") private personDialog!: PersonDialog;

  private search = "";
  private wantedRole: Account["role"] | "" = "";
  private disabled: "" | "true" | "false" = "";
  private timer = 0;
  /** Counts the searches, so that the answer to an older one is not shown. */
  private current = 0;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.updateComplete.then(() => this.find()); // when `who` is known
  }

  protected override willUpdate(changed: Map<PropertyKey, unknown>): void {
    if (!changed.has("who")) return;
    this.search = this.who;
    if (this.hasUpdated) void this.find();
  }

  override disconnectedCallback(): void {
    window.clearTimeout(this.timer);
    super.disconnectedCallback();
  }

  /** Show the first page of what is wanted now. */
  private find = (): Promise<void> => this.look(null);

  private more = (): Promise<void> => this.look(this.nextCursor);

  private async look(cursor: string | null): Promise<void> {
    const turn = ++this.current;
    this.looking = true;
    this.error = null;
    try {
      await this.fetchPage(cursor, turn);
    } catch (error) {
      if (turn === this.current) this.error = error as Error;
    } finally {
      if (turn === this.current) this.looking = false;
    }
  }

  /** Fetch pages until one has somebody: a search looks at a part of a large school at once. */
  private async fetchPage(first: string | null, turn: number): Promise<void> {
    let cursor = first;
    const found: ManagedAccount[] = [];
    do {
      const page = await read(
        api.GET("/v1/admin/accounts", { params: { query: this.wanted(cursor) } }),
      );
      if (turn !== this.current) return;
      found.push(...page.items);
      cursor = page.next_cursor;
    } while (cursor !== null && found.length < PAGE / 2);
    this.people = first === null ? found : [...(this.people ?? []), ...found];
    this.nextCursor = cursor;
  }

  private wanted(cursor: string | null) {
    return {
      limit: PAGE,
      ...(this.search ? { search: this.search } : {}),
      ...(this.wantedRole ? { role: this.wantedRole } : {}),
      ...(this.disabled ? { disabled: this.disabled === "true" } : {}),
      ...(cursor === null ? {} : { cursor }),
    };
  }

  private get isFiltered(): boolean {
    return Boolean(this.search || this.wantedRole || this.disabled);
  }

  private onSearch(event: Event): void {
    this.search = ((event.target as HTMLInputElement).value ?? "").trim().slice(0, 100);
    window.clearTimeout(this.timer);
    this.timer = window.setTimeout(this.find, DEBOUNCE);
  }

  private onRole(event: Event): void {
    this.wantedRole = (event.target as HTMLSelectElement).value as Account["role"] | "";
    void this.find();
  }

  private onState(event: Event): void {
    this.disabled = (event.target as HTMLSelectElement).value as "" | "true" | "false";
    void this.find();
  }

  private async onChanged(event: CustomEvent<string>): Promise<void> {
    await this.find();
    this.done = event.detail;
  }

  protected override render() {
    return html`<div class="title-bar">
        <h1>${t("office.people")}</h1>
        <div class="buttons">
          <wa-button appearance="outlined" href="#/people/invitations">
            ${t("invitations.title")}
          </wa-button>
          <wa-button appearance="outlined" href="#/people/import">${t("import.open")}</wa-button>
          <wa-button variant="brand" @click=${() => this.addDialog.show()}>
            ${t("office.add")}
          </wa-button>
        </div>
      </div>
      ${this.filters()} ${this.outcome()}
      <div aria-live="polite" class="quiet found">
        ${this.looking
          ? t("office.looking")
          : this.people?.length
            ? t("office.shown", { count: this.people.length })
            : nothing}
      </div>
      ${this.content()}
      <cg-add-person @changed=${this.onChanged}></cg-add-person>
      <cg-password-dialog></cg-password-dialog>
      <cg-person-dialog .account=${this.account} @changed=${this.onChanged}></cg-person-dialog>`;
  }

  private filters() {
    return html`<search class="filters">
      <wa-input
        type="search"
        label=${t("office.search")}
        placeholder=${t("office.searchHint")}
        autocomplete="off"
        maxlength="100"
        with-clear
        value=${this.who}
        @input=${this.onSearch}
        @wa-clear=${this.onSearch}
      ></wa-input>
      <label
        >${t("office.role")}
        <select @change=${this.onRole}>
          <option value="">${t("office.everyRole")}</option>
          ${ROLES.map((each) => html`<option value=${each}>${t(`role.${each}`)}</option>`)}
        </select></label
      >
      <label
        >${t("office.state")}
        <select @change=${this.onState}>
          <option value="">${t("office.everyState")}</option>
          <option value="false">${t("office.enabled")}</option>
          <option value="true">${t("office.disabled")}</option>
        </select></label
      >
    </search>`;
  }

  private content() {
    if (this.people === null) return this.error ? nothing : html`<wa-spinner></wa-spinner>`;
    if (this.people.length === 0) {
      return html`<p class="empty">
        ${t(this.isFiltered ? "office.nothingFound" : "office.empty")}
      </p>`;
    }
    return html`${recordsTable(
      [
        t("office.displayName"),
        t("office.identifier"),
        t("office.role"),
        null,
      ],
      this.people.map((each) => this.row(each)),
    )}
      ${moreButton(this.nextCursor, this.looking, this.more)}`;
  }

  private row(person: ManagedAccount) {
    const isSelf = person.identifier === this.account.identifier;
    const name = person.display_name || person.identifier;
    return html`<tr>
      <th scope="row">
        <bdi>${name}</bdi>
        ${person.disabled ? html`<wa-tag size="s">${t("office.disabled")}</wa-tag>` : nothing}
        ${isSelf ? html`<wa-tag size="s">${t("office.yourself")}</wa-tag>` : nothing}
      </th>
      <td><code>${person.identifier}</code></td>
      <td>${t(`role.${person.role}`)}</td>
      <td class="actions">
        ${isSelf
          ? nothing
          : html`<wa-button
              size="s"
              appearance="outlined"
              @click=${() => this.passwordDialog.show(person)}
              >${named(t("office.reset"), t("office.resetOf", { name }))}</wa-button
            >`}
        <wa-button
          size="s"
          appearance="outlined"
          @click=${() => this.personDialog.show(person)}
          >${named(t("office.edit"), t("office.editOf", { name }))}</wa-button
        >
      </td>
    </tr>`;
  }
}
