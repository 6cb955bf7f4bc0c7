/** The audit in plain words, and the two questions about credentials. */

import { html, nothing } from "lit";
import { customElement } from "lit/decorators.js";

import { api, read } from "../api/client";
import type { components } from "../api/schema";
import { moment, t } from "../i18n/text";
import { Listing, PAGE, type Wanted } from "./operator/listing";
import { recordsTable } from "../parts/records";

import "./operator/questions";
import "../operator.css";

type Row = components["schemas"]["AuditRow"];

@customElement("cg-audit")
export class AuditPage extends Listing<Row> {
  protected override fetchPage({ classroom, identifier, since }: Wanted, cursor: string | null) {
    const query = {
      limit: PAGE,
      ...(identifier === undefined ? {} : { identifier }),
      ...(classroom === undefined ? {} : { classroom_id: classroom }),
      ...(since === undefined ? {} : { since }),
      ...(cursor === null ? {} : { cursor }),
    };
    return read(api.GET("/v1/admin/audit", { params: { query } }));
  }

  protected override render() {
    return html`<h1>${t("audit.title")}</h1>
      <p>${t("audit.intro")}</p>
      <cg-who-could-enter></cg-who-could-enter>
      <cg-what-is-held></cg-what-is-held>
      <h2>${t("audit.rows")}</h2>
      ${this.filters()} ${this.listing(t("audit.empty"))}`;
  }

  protected override rowsView(rows: readonly Row[]) {
    return html`${recordsTable([t("audit.what"), t("audit.when")], rows.map(rowView))}`;
  }
}

/** One sentence for the event. An event without one in the texts does not compile. */
function sentenceOf(row: Row): string {
  const person = (name: string | null, id: number | null, nobody: string) =>
    name ?? (id === null ? nobody : t("audit.account", { id }));
  return t(`audit.event.${row.event}`, {
    who: person(row.identifier, row.account_id, t("audit.somebody")),
    actor: person(row.actor, row.actor_id, t("audit.service")),
    class:
      row.classroom_id === null
        ? t("audit.noClass")
        : t("audit.class", { id: row.classroom_id }),
  });
}

function rowView(row: Row) {
  const details = Object.entries(row.details as Record<string, unknown>);
  return html`<tr>
    <td>
      ${sentenceOf(row)}
      <details class="quiet">
        <summary>${t("audit.details")}</summary>
        <bdi>${row.rule ?? ""}</bdi>
        <dl class="content">
          ${details.map(
            ([name, value]) =>
              html`<dt><code>${name}</code></dt>
                <dd><bdi>${String(value)}</bdi></dd>`,
          )}
        </dl>
        ${row.request_id ? t("app.requestId", { id: row.request_id }) : nothing}
      </details>
    </td>
    <td>${moment(row.at)}</td>
  </tr>`;
}
