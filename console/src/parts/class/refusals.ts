/** Who was refused what at this class, the newest first. */

import { html, nothing } from "lit";
import { customElement, property, state } from "lit/decorators.js";

import { readPages } from "../../api/classes";
import { api, read } from "../../api/client";
import type { components } from "../../api/schema";
import { moment, t } from "../../i18n/text";
import { errorCallout, Page } from "../page";
import { Poll } from "../poll";
import { reasonAtClass, ruleText } from "../refusal-words";
import type { ClassView } from "./view";
import { recordsTable } from "../records";

type ClassRefusal = components["schemas"]["ClassRefusal"];

const AT_ONCE = 50;

@customElement("cg-class-refusals")
export class Refusals extends Page {
  @property({ attribute: false }) view!: ClassView;
  @state() private most = AT_ONCE;

  private poll = new Poll(this, () => {
    const path = { classroom_id: this.view.classroom.classroom_id };
    return readPages(
      (query) =>
        read(api.GET("/v1/classrooms/{classroom_id}/refusals", { params: { path, query } })),
      this.most,
    );
  });

  private more = (): void => {
    this.most += AT_ONCE;
    void this.poll.refresh();
  };

  protected override render() {
    return html`<section class="class-section">
      <p class="quiet">${t("classRefusals.hint")}</p>
      ${this.poll.error ? errorCallout(this.poll.error) : nothing} ${this.content()}
    </section>`;
  }

  private content() {
    const found = this.poll.value;
    if (!found) return this.poll.error ? nothing : html`<wa-spinner></wa-spinner>`;
    if (found.items.length === 0) return html`<p class="empty">${t("classRefusals.none")}</p>`;
    return html`${recordsTable(
      [
        t("classRefusals.who"),
        t("classRefusals.why"),
        t("classRefusals.what"),
        t("classRefusals.when"),
        null,
      ],
      found.items.map((each) => this.row(each)),
    )}
      ${found.isAll
        ? nothing
        : html`<wa-button size="s" @click=${this.more}>${t("classes.more")}</wa-button>`}`;
  }

  private row(refusal: ClassRefusal) {
    const { identifier } = refusal;
    const { classroom_id } = this.view.classroom;
    return html`<tr>
      <th scope="row">${identifier ?? t("classRefusals.deleted")}</th>
      <td>${reasonAtClass(refusal.reason)}</td>
      <td>${ruleText(refusal.rule)}</td>
      <td>
        ${moment(refusal.last_at)}
        ${refusal.count > 1 ? t("classRefusals.count", { count: refusal.count }) : nothing}
        <div class="quiet">${t("app.requestId", { id: refusal.request_id })}</div>
      </td>
      <td class="actions">
        ${identifier === null
          ? nothing
          : html`<a href=${`#/classes/${classroom_id}/why/${encodeURIComponent(identifier)}`}
              >${t("roster.why")}<span class="unseen"> ${identifier}</span></a
            >`}
      </td>
    </tr>`;
  }
}
