/** Change the title, the times, and who may enter. */

import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { changeClass, type Classroom } from "../../api/classes";
import { t } from "../../i18n/text";
import { type ClassFields, classFields, readClassFields } from "./class-fields";
import { FormDialog } from "../dialog";

@customElement("cg-edit-class")
export class EditClassDialog extends FormDialog<Classroom> {
  protected heading(): string {
    return t("class.edit");
  }

  protected content(classroom: Classroom) {
    return html`<form
      class="wa-stack"
      @submit=${(event: SubmitEvent) => this.submit(event, classroom)}
    >
      ${classFields(classroom)} ${this.outcome()} ${this.buttons(t("class.save"))}
    </form>`;
  }

  private submit(event: SubmitEvent, classroom: Classroom): void {
    event.preventDefault();
    const changed = changes(classroom, readClassFields(event.target as HTMLFormElement));
    void this.attempt(async () => {
      await changeClass(classroom.classroom_id, changed);
      this.finish(t("class.saved"));
    });
  }
}

/** Return what differs; the fields show minutes, so that the seconds of a time are kept. */
function changes(before: Classroom, after: ClassFields): Partial<ClassFields> {
  const changed: Partial<ClassFields> = {};
  if (after.title !== before.title) changed.title = after.title;
  if (after.open !== before.open) changed.open = after.open;
  for (const name of ["starts_at", "ends_at"] as const) {
    if (minute(after[name]) !== minute(before[name])) changed[name] = after[name];
  }
  return changed;
}

function minute(seconds: number | null): number | null {
  return seconds === null ? null : Math.floor(seconds / 60);
}
