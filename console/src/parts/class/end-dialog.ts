/** End a class, after a confirmation: it does not start again. */

import { html } from "lit";
import { customElement } from "lit/decorators.js";

import type { Classroom } from "../../api/classes";
import { api, read } from "../../api/client";
import { t } from "../../i18n/text";
import { FormDialog } from "../dialog";

@customElement("cg-end-class")
export class EndClassDialog extends FormDialog<Classroom> {
  protected heading(): string {
    return t("class.end");
  }

  protected content(classroom: Classroom) {
    return html`<form
      class="wa-stack"
      @submit=${(event: SubmitEvent) => this.submit(event, classroom)}
    >
      <p>${t("class.endWarning")}</p>
      ${this.outcome()} ${this.buttons(t("class.endNow"), "danger")}
    </form>`;
  }

  private submit(event: SubmitEvent, classroom: Classroom): void {
    event.preventDefault();
    void this.attempt(async () => {
      const params = { path: { classroom_id: classroom.classroom_id } };
      await read(api.POST("/v1/classrooms/{classroom_id}/end", { params }));
      this.finish(t("class.hasEnded"));
    });
  }
}
