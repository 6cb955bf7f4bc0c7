/** Name another host, for admins. */

import { html } from "lit";
import { customElement } from "lit/decorators.js";

import type { Classroom } from "../../api/classes";
import { api, read } from "../../api/client";
import { t } from "../../i18n/text";
import { FormDialog } from "../dialog";

@customElement("cg-host-dialog")
export class HostDialog extends FormDialog<Classroom> {
  protected heading(): string {
    return t("class.changeHost");
  }

  protected content(classroom: Classroom) {
    return html`<form
      class="wa-stack"
      @submit=${(event: SubmitEvent) => this.submit(event, classroom)}
    >
      <p class="quiet">${t("class.hostHint", { name: classroom.host })}</p>
      <wa-input
        name="identifier"
        label=${t("class.newHost")}
        autocomplete="off"
        autocapitalize="none"
        spellcheck="false"
        required
        maxlength="32"
        autofocus
      ></wa-input>
      ${this.outcome()} ${this.buttons(t("class.changeHost"))}
    </form>`;
  }

  private submit(event: SubmitEvent, classroom: Classroom): void {
    event.preventDefault();
    const identifier = String(new FormData(event.target as HTMLFormElement).get("identifier"));
    void this.attempt(async () => {
      const params = { path: { classroom_id: classroom.classroom_id } };
      await read(
        api.PUT("/v1/classrooms/{classroom_id}/host", { params, body: { identifier } }),
      );
      this.finish(t("class.hostChanged", { name: identifier }));
    });
  }
}
