/** Printing of a sheet that is not the page: slips with passwords, an invitation. */

import { render, type TemplateResult } from "lit";

let sheet: HTMLElement | null = null;

/** Print this alone. Whatever is in it is taken out of the page after printing. */
export async function printSheet(content: TemplateResult): Promise<void> {
  removeSheet();
  sheet = document.createElement("div");
  sheet.className = "sheet";
  render(content, sheet);
  document.body.append(sheet);
  document.body.classList.add("printing");
  window.addEventListener("afterprint", removeSheet, { once: true });
  // A component, such as a QR code, draws itself after it was put into the page.
  await Promise.all(
    [...sheet.querySelectorAll("*")].map(
      (each) => (each as Partial<{ updateComplete: Promise<unknown> }>).updateComplete,
    ),
  );
  window.print();
}

/** Take the sheet out of the page. */
export function removeSheet(): void {
  sheet?.remove();
  sheet = null;
  document.body.classList.remove("printing");
}
