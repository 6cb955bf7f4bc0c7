/**
 * A QR code. The component of the library has inline styles, which the page's policy refuses; this
 * one draws with the same package. Black on white in the dark as well: scanners need it.
 */

import { QrCreator } from "@konnorr/qr-creator";
import { html, LitElement, type TemplateResult } from "lit";
import { customElement, property, query } from "lit/decorators.js";

const PIXELS = 480; // shown smaller, so that it is sharp on every screen

@customElement("cg-qr-code")
export class QrCode extends LitElement {
  @property() value = "";
  /** What is read aloud. Never the value, which may be a secret. */
  @property() label = "";
  @query("canvas") private canvas!: HTMLCanvasElement;

  protected override createRenderRoot(): this {
    return this;
  }

  protected override render(): TemplateResult {
    return html`<canvas role="img" aria-label=${this.label}></canvas>`;
  }

  protected override updated(): void {
    QrCreator.render(
      {
        text: this.value,
        radius: 0,
        ecLevel: "M",
        fill: "#000",
        background: "#fff",
        size: PIXELS,
      },
      this.canvas,
    );
  }
}
