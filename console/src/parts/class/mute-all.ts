/** Mute all students, or lift it. */

import { html } from "lit";
import { customElement } from "lit/decorators.js";

import { api, read } from "../../api/client";
import { t } from "../../i18n/text";
import { FormDialog } from "../dialog";
import { muteFields, MUTES, named } from "./mutes";
import type { ClassView } from "./view";

const URL = "/v1/classrooms/{classroom_id}/mute";
const EVERYTHING = { chat: true, audio: true, video: true };

@customElement("cg-mute-all")
export class MuteAllDialog extends FormDialog<ClassView> {
  protected heading(): string {
    return t("roster.muteAll");
  }

  protected content(view: ClassView) {
    return html`<form
      class="wa-stack"
      @submit=${(event: SubmitEvent) => this.submit(event, view.classroom.classroom_id)}
    >
      <p class="quiet">${t("mute.allHint")}</p>
      ${muteFields(EVERYTHING)} ${this.outcome()}
      <div class="buttons">
        <wa-button type="submit" name="mute" value="on" variant="brand" ?loading=${this.busy}
          >${t("mute.allOn")}</wa-button
        >
        <wa-button
          type="submit"
          name="mute"
          value="off"
          appearance="outlined"
          ?loading=${this.busy}
          >${t("mute.allOff")}</wa-button
        >
      </div>
    </form>`;
  }

  private submit(event: SubmitEvent, classroom_id: number): void {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const fields = new FormData(form, event.submitter);
    const body = named(MUTES.filter((each) => fields.get(each) !== null));
    const isOn = fields.get("mute") !== "off";
    void this.attempt(async () => {
      if (!body) throw new Error(t("mute.nothing"));
      const params = { path: { classroom_id } };
      if (isOn) await read(api.POST(URL, { params, body }));
      else await read(api.DELETE(URL, { params, body }));
      this.finish(t(isOn ? "mute.allOnDone" : "mute.allOffDone"));
    });
  }
}
