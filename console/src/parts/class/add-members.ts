/** Add people to the roster by paste. Lines that are refused stay in the field, with the reason. */

import { html, nothing } from "lit";
import { customElement, query, state } from "lit/decorators.js";

import { setMember } from "../../api/classes";
import { Refusal } from "../../api/client";
import { t } from "../../i18n/text";
import { FormDialog } from "../dialog";
import { parseMembers } from "./member-lines";
import type { LineNote, MemberLinesField } from "./member-lines-field";
import type { ClassView } from "./view";

import "./member-lines-field";

@customElement("cg-add-members")
export class AddMembersDialog extends FormDialog<ClassView> {
  @state() private notes: LineNote[] = [];
  @state() private progress = "";
  @query("cg-member-lines") private lines!: MemberLinesField;

  override show(view: ClassView): void {
    this.notes = [];
    super.show(view);
  }

  protected heading(): string {
    return t("roster.add");
  }

  protected content(view: ClassView) {
    return html`<form
      class="wa-stack"
      @submit=${(event: SubmitEvent) => this.submit(event, view.classroom.classroom_id)}
    >
      <cg-member-lines
        label=${t("members.label")}
        .notes=${this.notes}
        @changed=${this.forgetNotes}
      ></cg-member-lines>
      <div role="status">${this.progress ? html`<p>${this.progress}</p>` : nothing}</div>
      ${this.outcome()} ${this.buttons(t("members.add"))}
    </form>`;
  }

  private forgetNotes(): void {
    this.notes = [];
  }

  private submit(event: SubmitEvent, classroomId: number): void {
    event.preventDefault();
    const { members, faults } = parseMembers(this.lines.value);
    void this.attempt(async () => {
      if (faults.length) throw new Error(t("members.fixLines"));
      if (members.length === 0) throw new Error(t("members.none"));
      const kept: string[] = [];
      const notes: LineNote[] = [];
      try {
        for (const [index, { identifier, role }] of members.entries()) {
          this.progress = t("members.progress", { done: index, all: members.length });
          try {
            await setMember(classroomId, identifier, role);
          } catch (error) {
            if (!isOfThisLine(error)) {
              kept.push(...members.slice(index).map(lineOf));
              throw error;
            }
            kept.push(lineOf({ identifier, role }));
            notes.push({ line: kept.length, text: textOf(error) });
          }
        }
      } finally {
        this.progress = "";
        this.lines.value = kept.join("\n");
        this.notes = notes;
      }
      const added = members.length - kept.length;
      if (kept.length === 0) this.finish(t("members.added", { count: added }));
      else {
        if (added) this.announce(t("members.added", { count: added }));
        throw new Error(t("members.someLeft", { added, left: kept.length }));
      }
    });
  }
}

/** Whether the refusal says something of this one name, so that the next may be tried. */
function isOfThisLine(error: unknown): error is Refusal {
  return (
    error instanceof Refusal && [400, 404, 409].includes(error.problem.status) &&
    error.reason !== "classroom_not_found" && error.reason !== "class_ended"
  );
}

function textOf(error: Refusal): string {
  return error.problem.errors?.map((each) => each.message).join("; ") || error.message;
}

function lineOf({ identifier, role }: { identifier: string; role: string }): string {
  return role === "student" ? identifier : `${identifier},${role}`;
}
