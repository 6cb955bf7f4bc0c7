/** The field for a pasted roster, with a button that takes a CSV file into it. */

import { html, LitElement, nothing } from "lit";
import { customElement, property, query, state } from "lit/decorators.js";

import "@awesome.me/webawesome/dist/components/textarea/textarea.js";

import { t } from "../../i18n/text";
import { parseMembers, readText } from "./member-lines";

/** What is wrong in one line, for people. */
export interface LineNote {
  line: number;
  text: string;
}

@customElement("cg-member-lines")
export class MemberLinesField extends LitElement {
  /** What the server said about lines; the field itself finds words that are no role. */
  @property({ attribute: false }) notes: LineNote[] = [];
  @property() label = "";

  @state() private text = "";
  @query("input[type=file]") private fileInput!: HTMLInputElement;

  protected override createRenderRoot(): this {
    return this;
  }

  get value(): string {
    return this.text;
  }

  set value(text: string) {
    this.text = text;
  }

  private onInput(event: Event): void {
    this.text = (event.target as HTMLTextAreaElement).value;
    this.dispatchEvent(new Event("changed"));
  }

  private async onFile(): Promise<void> {
    const file = this.fileInput.files?.[0];
    if (!file) return;
    const text = await readText(file);
    this.text = this.text.trim() ? `${this.text.trimEnd()}\n${text}` : text;
    this.fileInput.value = "";
    this.dispatchEvent(new Event("changed"));
  }

  protected override render() {
    const { members, faults } = parseMembers(this.text);
    const notes = [
      ...faults.map((each) => ({
        line: each.line,
        text: t("members.unknownRole", { role: each.role }),
      })),
      ...this.notes,
    ].sort((one, other) => one.line - other.line);
    return html`<wa-textarea
        label=${this.label}
        hint=${t("members.hint")}
        rows="6"
        resize="vertical"
        autocomplete="off"
        spellcheck="false"
        .value=${this.text}
        @input=${this.onInput}
      ></wa-textarea>
      <div class="line-tools">
        <label class="file-button"
          ><input type="file" accept=".csv,.txt,text/csv,text/plain" @change=${this.onFile} />
          <span>${t("members.file")}</span></label
        >
        <span class="quiet" aria-live="polite"
          >${members.length ? t("members.count", { count: members.length }) : nothing}</span
        >
      </div>
      ${notes.length
        ? html`<ul class="line-notes">
            ${notes.map(
              (each) => html`<li>
                <strong>${t("members.line", { line: each.line })}</strong> ${each.text}
              </li>`,
            )}
          </ul>`
        : nothing}`;
  }
}
