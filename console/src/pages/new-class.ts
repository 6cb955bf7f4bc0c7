/** Make a class, with its roster. Whatever is refused, the form keeps what was typed. */

import { html } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { api, read, Refusal } from "../api/client";
import { t } from "../i18n/text";
import { classFields, readClassFields } from "../parts/class/class-fields";
import { type MemberLine, parseMembers } from "../parts/class/member-lines";
import type { LineNote, MemberLinesField } from "../parts/class/member-lines-field";
import { Page } from "../parts/page";

import "../parts/class/member-lines-field";
import "../classes.css";
import "../office.css";

const EMPTY = { title: "", starts_at: null, ends_at: null, open: false };
const MEMBER = /^members\[(\d+)\]/;

@customElement("cg-new-class")
export class NewClassPage extends Page {
  @state() private notes: LineNote[] = [];
  @query("cg-member-lines") private lines!: MemberLinesField;

  protected override render() {
    return html`<section class="form">
      <h1>${t("newClass.title")}</h1>
      <form class="wa-stack" @submit=${this.submit}>
        ${classFields(EMPTY)}
        <cg-member-lines
          label=${t("newClass.members")}
          .notes=${this.notes}
          @changed=${this.forgetNotes}
        ></cg-member-lines>
        ${this.outcome()}
        <div class="buttons">
          <wa-button type="submit" variant="brand" ?loading=${this.busy}>
            ${t("newClass.submit")}
          </wa-button>
          <wa-button href="#/classes" appearance="outlined">${t("class.cancel")}</wa-button>
        </div>
      </form>
    </section>`;
  }

  /** The notes count lines, which are other ones after a change. */
  private forgetNotes(): void {
    this.notes = [];
  }

  private submit(event: SubmitEvent): void {
    event.preventDefault();
    const fields = readClassFields(event.target as HTMLFormElement);
    const { members, faults } = parseMembers(this.lines.value);
    void this.attempt(async () => {
      if (faults.length) throw new Error(t("members.fixLines"));
      const body = {
        ...fields,
        cover_url: null,
        members: members.map(({ identifier, role }) => ({ identifier, role, on_stage: false })),
      };
      try {
        const made = await read(api.POST("/v1/classrooms", { body }));
        location.hash = `#/classes/${made.classroom_id}`;
      } catch (error) {
        this.notes = notesOf(error, members);
        if (this.notes.length) throw new Error(t("members.fixLines"));
        throw error;
      }
    });
  }
}

/** Return what the server says about members, each with the line that it was typed in. */
function notesOf(error: unknown, members: MemberLine[]): LineNote[] {
  if (!(error instanceof Refusal) || error.reason !== "members_not_addable") return [];
  return (error.problem.errors ?? []).flatMap(({ field, message }) => {
    const line = members[Number(MEMBER.exec(field)?.[1])]?.line;
    return line === undefined ? [] : [{ line, text: message }];
  });
}
