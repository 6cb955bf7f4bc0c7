/** The fields of an account, wherever one is made or changed. */

import { html, type TemplateResult } from "lit";

import { t, type TextKey } from "../i18n/text";

export const ROLES = ["student", "teacher", "admin"] as const;

/** `fills`: whether the browser fills in what belongs to the person at it. */
export function identifierField(fills = false): TemplateResult {
  return html`<wa-input
    name="identifier"
    label=${t("office.identifier")}
    hint=${t("office.identifierHint")}
    autocomplete=${fills ? "username" : "off"}
    autocapitalize="none"
    spellcheck="false"
    required
    maxlength="32"
    pattern="[A-Za-z0-9_\\-]+"
    autofocus
  ></wa-input>`;
}

export function displayNameField(label: TextKey, value = "", fills = false): TemplateResult {
  return html`<wa-input
    name="name"
    label=${t(label)}
    hint=${t("office.displayNameHint")}
    autocomplete=${fills ? "name" : "off"}
    maxlength="100"
    value=${value}
  ></wa-input>`;
}

export function newPasswordField(name: string, label: TextKey): TemplateResult {
  return html`<wa-input
    name=${name}
    type="password"
    label=${t(label)}
    hint=${t("account.passwordHint")}
    autocomplete="new-password"
    password-toggle
    required
    minlength="10"
    maxlength="128"
  ></wa-input>`;
}

export function repeatedPasswordField(label: TextKey): TemplateResult {
  return html`<wa-input
    name="repeated"
    type="password"
    label=${t(label)}
    autocomplete="new-password"
    password-toggle
    required
  ></wa-input>`;
}

/** A field for one of the roles. `onChange` gets the chosen one. */
export function roleField(
  label: TextKey,
  chosen: string = "student",
  isDisabled = false,
  onChange: (role: string) => void = () => {},
): TemplateResult {
  return html`<label
    >${t(label)}
    <select
      name="role"
      ?disabled=${isDisabled}
      @change=${(event: Event) => onChange((event.target as HTMLSelectElement).value)}
    >
      ${ROLES.map(
        (each) =>
          html`<option value=${each} ?selected=${each === chosen}>${t(`role.${each}`)}</option>`,
      )}
    </select></label
  >`;
}
