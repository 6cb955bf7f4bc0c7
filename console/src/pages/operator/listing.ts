/** A page that lists rows, the newest first, by user name, class and time. */

import { html, nothing, type TemplateResult } from "lit";
import { state } from "lit/decorators.js";

import { t } from "../../i18n/text";
import { Page } from "../../parts/page";
import { secondsOf, timeField } from "../../parts/time-field";
import { moreButton } from "../../parts/records";

export const PAGE = 50;

interface PageOf<T> {
  items: T[];
  next_cursor: string | null;
}

/** What the form asks for; what is empty is left out. */
export interface Wanted {
  identifier?: string;
  classroom?: number;
  since?: number;
  request_id?: string;
}

export abstract class Listing<T> extends Page {
  @state() protected rows: T[] | null = null;
  @state() private nextCursor: string | null = null;
  /** Whether the rows are not all there are, because of the form. */
  @state() private isFiltered = false;

  private wanted: Wanted = {};
  /** Counts the searches, so that the answer to an older one is not shown. */
  private turn = 0;

  /** Return a page of what is wanted. */
  protected abstract fetchPage(wanted: Wanted, cursor: string | null): Promise<PageOf<T>>;

  /** Show the rows. */
  protected abstract rowsView(rows: readonly T[]): TemplateResult;

  override connectedCallback(): void {
    super.connectedCallback();
    void this.look(null);
  }

  private async look(cursor: string | null): Promise<void> {
    const turn = ++this.turn;
    this.busy = true;
    this.error = null;
    try {
      const page = await this.fetchPage(this.wanted, cursor);
      if (turn !== this.turn) return;
      this.rows = cursor === null ? page.items : [...(this.rows ?? []), ...page.items];
      this.nextCursor = page.next_cursor;
    } catch (error) {
      if (turn === this.turn) this.error = error as Error;
    } finally {
      if (turn === this.turn) this.busy = false;
    }
  }

  private search = (event: SubmitEvent): void => {
    event.preventDefault();
    this.wanted = wantedOf(new FormData(event.target as HTMLFormElement));
    this.isFiltered = Object.keys(this.wanted).length > 0;
    void this.look(null);
  };

  /** The form; `more`: further fields. */
  protected filters(more: TemplateResult | typeof nothing = nothing): TemplateResult {
    return html`<search>
      <form class="wanted" autocomplete="off" @submit=${this.search}>
        <wa-input
          name="identifier"
          label=${t("listing.identifier")}
          autocapitalize="none"
          spellcheck="false"
          maxlength="200"
          with-clear
        ></wa-input>
        <wa-input
          name="classroom"
          type="number"
          label=${t("listing.classroom")}
          min="1"
          max="4294967295"
          without-spin-buttons
          with-clear
        ></wa-input>
        ${timeField("since", t("listing.since"))} ${more}
        <wa-button type="submit" variant="brand" ?loading=${this.busy}
          >${t("listing.search")}</wa-button
        >
      </form>
    </search>`;
  }

  /** The rows, with what to do when there are none; `empty`: the words for a school without any. */
  protected listing(empty: string): TemplateResult {
    return html`${this.outcome()}
      <div aria-live="polite" class="quiet found">
        ${this.rows?.length ? t("listing.shown", { count: this.rows.length }) : nothing}
      </div>
      ${this.content(empty)}`;
  }

  private content(empty: string): TemplateResult | typeof nothing {
    if (this.rows === null) return this.error ? nothing : html`<wa-spinner></wa-spinner>`;
    if (this.rows.length === 0) {
      return html`<p class="empty">${this.isFiltered ? t("listing.nothingFound") : empty}</p>`;
    }
    return html`${this.rowsView(this.rows)}
    ${moreButton(this.nextCursor, this.busy, () => this.look(this.nextCursor))}`;
  }
}

function wantedOf(fields: FormData): Wanted {
  const text = (name: string) => String(fields.get(name) ?? "").trim();
  const since = secondsOf(text("since"));
  return {
    ...(text("identifier") ? { identifier: text("identifier") } : {}),
    ...(text("classroom") ? { classroom: Number(text("classroom")) } : {}),
    ...(since === null ? {} : { since }),
    ...(text("request_id") ? { request_id: text("request_id") } : {}),
  };
}
