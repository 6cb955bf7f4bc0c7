/** Refusals: who was refused what, and why. */

import { html, nothing } from "lit";
import { customElement } from "lit/decorators.js";

import { api, read } from "../api/client";
import type { components } from "../api/schema";
import { moment, t } from "../i18n/text";
import { reasonText, ruleText } from "../parts/refusal-words";
import { Listing, PAGE, type Wanted } from "./operator/listing";
import { recordsTable } from "../parts/records";

import "../operator.css";

type Refusal = components["schemas"]["Refusal"];

@customElement("cg-refusals")
export class RefusalsPage extends Listing<Refusal> {
  protected override fetchPage(wanted: Wanted, cursor: string | null) {
    const paging = cursor === null ? { limit: PAGE } : { limit: PAGE, cursor };
    return read(api.GET("/v1/admin/refusals", { params: { query: { ...wanted, ...paging } } }));
  }

  protected override render() {
    return html`<h1>${t("refusals.title")}</h1>
      <p>${t("refusals.intro")}</p>
      ${this.filters(
        html`<wa-input
          name="request_id"
          label=${t("refusals.requestId")}
          autocapitalize="none"
          spellcheck="false"
          maxlength="40"
          with-clear
        ></wa-input>`,
      )}
      ${this.listing(t("refusals.empty"))}`;
  }

  protected override rowsView(rows: readonly Refusal[]) {
    return html`<ul class="counts" aria-label=${t("refusals.byReason")}>
        ${countsOf(rows).map(
          ([reason, count]) =>
            html`<li title=${reason}>${reasonText(reason)} <strong>${count}</strong></li>`,
        )}
      </ul>
      ${recordsTable(
        [
          t("refusals.who"),
          t("refusals.reason"),
          t("refusals.asked"),
          t("listing.classroom"),
          t("refusals.when"),
        ],
        rows.map(row),
      )}`;
  }
}

/** The number of refusals by reason, the most frequent first. */
function countsOf(rows: readonly Refusal[]): [string, number][] {
  const counts = new Map<string, number>();
  for (const { reason, count } of rows) counts.set(reason, (counts.get(reason) ?? 0) + count);
  return [...counts].sort((a, b) => b[1] - a[1]);
}

function row(refusal: Refusal) {
  return html`<tr>
    <th scope="row">${whoOf(refusal)}</th>
    <td>
      ${reasonText(refusal.reason)}
      ${refusal.count > 1
        ? html`<wa-tag size="s">${t("refusals.times", { count: refusal.count })}</wa-tag>`
        : nothing}
      <div class="quiet"><code>${refusal.reason}</code></div>
    </td>
    <td>
      ${ruleText(refusal.rule)}
      <div class="quiet"><code>${refusal.route}</code> <bdi>${refusal.address}</bdi></div>
    </td>
    <td>${classOf(refusal)}</td>
    <td>
      ${moment(refusal.last_at)}
      <div class="quiet">${t("app.requestId", { id: refusal.request_id })}</div>
    </td>
  </tr>`;
}

function whoOf(refusal: Refusal) {
  if (refusal.identifier !== null) return html`<bdi>${refusal.identifier}</bdi>`;
  if (refusal.account_id !== null) return t("refusals.deleted", { id: refusal.account_id });
  return t(refusal.identifier_digest === null ? "refusals.nobody" : "refusals.unknownName");
}

/** The class, where the staff finds why the person cannot enter. */
function classOf(refusal: Refusal) {
  const { classroom_id } = refusal;
  if (classroom_id === null) return nothing;
  return html`<a href=${`#/classes/${classroom_id}`}
    >${t("listing.class", { id: classroom_id })}</a
  >`;
}
