/** The answer of explain, in words. */

import { html, nothing, type TemplateResult } from "lit";

import type { components } from "../../api/schema";
import { t } from "../../i18n/text";

type Answer = components["schemas"]["ExplainAnswer"];
type Check = components["schemas"]["ExplainedCheck"];
type Cause = components["schemas"]["LikelyCause"];

/** Show an explanation: the verdict and its fix first, then what they follow from. */
export function explanationView(answer: Answer): TemplateResult {
  const comparison = answer.comparison ?? []; // the server leaves it out where there is none
  return html`<section class="explanation">
    <h2>${t(`explain.kind.${answer.kind}`)}</h2>
    ${verdict(answer)} ${contentOf(answer.content)}
    ${answer.checks.length
      ? html`<h3>${t("explain.checks")}</h3>
          <ul class="outcomes">
            ${answer.checks.map(checkItem)}
          </ul>`
      : nothing}
    ${answer.causes.length
      ? html`<h3>${t("explain.causes")}</h3>
          <ol class="causes">
            ${answer.causes.map(causeItem)}
          </ol>`
      : nothing}
    ${comparison.length ? comparisonView(comparison) : nothing}
  </section>`;
}

function verdict(answer: Answer): TemplateResult {
  return html`<wa-callout variant=${tone(answer)}>
    <strong>${verdictText(answer)}</strong>
    ${answer.fix ? html`<p><bdi>${answer.fix}</bdi></p>` : nothing}
  </wa-callout>`;
}

/** A code alone, and what could not be judged, is no failure. */
function tone(answer: Answer): string {
  if (answer.valid === true) return "success";
  return answer.valid === null || answer.kind === "code" ? "neutral" : "danger";
}

function verdictText(answer: Answer): string {
  if (answer.kind === "unknown") return t("explain.notRecognized");
  if (answer.first_failure !== null) {
    return t("explain.fails", { check: answer.first_failure });
  }
  if (answer.valid === true) return t("explain.valid");
  return t(answer.checks.length ? "explain.undecided" : "explain.meaning");
}

function contentOf(content: Record<string, unknown>): TemplateResult | typeof nothing {
  const entries = Object.entries(content);
  if (entries.length === 0) return nothing;
  return html`<h3>${t("explain.content")}</h3>
    <dl class="content">
      ${entries.map(
        ([name, value]) =>
          html`<dt><code>${name}</code></dt>
            <dd><bdi>${shown(value)}</bdi></dd>`,
      )}
    </dl>`;
}

/** A value of the content in one line, without the punctuation of JSON. */
function shown(value: unknown): string {
  if (value === null || value === "") return "–";
  if (Array.isArray(value)) return value.length ? value.map(shown).join(", ") : "–";
  if (typeof value !== "object") return String(value);
  return Object.entries(value as Record<string, unknown>)
    .map(([name, each]) => `${name}: ${shown(each)}`)
    .join("; ");
}

function checkItem(check: Check): TemplateResult {
  const outcome = check.ok === null ? "open" : check.ok ? "passes" : "fails";
  return html`<li class=${outcome}>
    <span class="outcome">${t(`explain.${outcome}Word`)}</span>
    <span><code>${check.name}</code> <bdi>${check.detail}</bdi></span>
  </li>`;
}

function causeItem(cause: Cause): TemplateResult {
  return html`<li>
    <code>${cause.code}</code>
    <p><bdi>${cause.evidence}</bdi></p>
    <p><strong>${t("explain.fix")}</strong> <bdi>${cause.fix}</bdi></p>
  </li>`;
}

/** The signed texts line by line; `^` below a line marks the first difference. */
function comparisonView(lines: readonly string[]): TemplateResult {
  return html`<h3>${t("explain.comparison")}</h3>
    <p class="quiet">${t("explain.comparisonHint")}</p>
    <pre class="comparison" tabindex="0" aria-label=${t("explain.comparison")} role="region">
${lines.map((line) => html`<span class=${lineClass(line)}>${line}\n</span>`)}</pre
    >`;
}

function lineClass(line: string): string {
  if (/^ *\^/.test(line)) return "mark";
  if (line.startsWith("< ")) return "left";
  if (line.startsWith("> ")) return "right";
  return line.startsWith("  ") ? "same" : "head";
}
