/** The frame: who is signed in, where one can go, and the page of the address. */

import { html, LitElement, type TemplateResult } from "lit";
import { customElement, state } from "lit/decorators.js";
import { keyed } from "lit/directives/keyed.js";

import {
  type Account,
  type ConsoleSession,
  SESSION_CHANGED,
  SESSION_ENDED,
  SESSION_STARTED,
} from "./api/client";
import { findSession, needsSecondFactor, signOut } from "./api/session";
import { chooseLanguage, language } from "./i18n/language";
import { t } from "./i18n/text";
import type { SignedIn } from "./pages/sign-in";
import { named } from "./parts/named";
import { errorCallout } from "./parts/page";
import { joinPage, pageOf, pagesFor, renderPage, secondFactorPage } from "./routes";
import { toggleTheme } from "./theme";

import "./pages/sign-in";

/** Written when somebody signs in or out. */
const SIGNED = "classgate.signed";

/** The page is the part of the address behind `#`, so that the server knows one page only. */
function currentPath(): string {
  return location.hash.slice(1) || "/";
}

@customElement("cg-app")
export class App extends LitElement {
  /** Undefined until the server has answered who is signed in. */
  @state() private session: ConsoleSession | null | undefined;
  /** Whose session has ended while the page was open. */
  @state() private ended: ConsoleSession | null = null;
  /** What was done last on a page that is not shown any more. */
  @state() private notice = "";
  @state() private path = currentPath();
  @state() private error: Error | null = null;

  protected override createRenderRoot(): this {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    window.addEventListener("hashchange", this.follow);
    window.addEventListener(SESSION_ENDED, this.onSessionEnded);
    window.addEventListener(SESSION_CHANGED, this.onSessionChanged);
    window.addEventListener("storage", this.onOtherTab);
    void this.start();
  }

  private start = async (): Promise<void> => {
    this.error = null;
    try {
      const session = await findSession();
      if (session) this.show(session);
      else this.session = this.ended = null;
    } catch (error) {
      this.error = error as Error;
    }
  };

  private show(session: ConsoleSession): void {
    this.ended = null;
    this.session = session;
    const detail = session.account.identifier;
    window.dispatchEvent(new CustomEvent(SESSION_STARTED, { detail }));
  }

  /** All tabs have one cookie: whoever signs in or out in another one does it here as well. */
  private onOtherTab = (event: StorageEvent): void => {
    if (event.key === SIGNED) void this.start();
  };

  private onSessionChanged = (event: Event): void => {
    this.notice = event instanceof CustomEvent ? String(event.detail) : "";
    void this.start();
  };

  private follow = (): void => {
    this.path = currentPath();
    this.notice = "";
    void this.updateComplete.then(() => this.querySelector<HTMLElement>("main")?.focus());
  };

  private onSessionEnded = (): void => {
    if (!this.session) return;
    this.ended = this.session;
    this.session = null;
  };

  private onSignedIn(event: Event): void {
    localStorage.setItem(SIGNED, String(Date.now()));
    this.show((event as SignedIn).session);
  }

  private leave = async (): Promise<void> => {
    try {
      await signOut();
    } catch (error) {
      this.error = error as Error;
      return;
    }
    localStorage.setItem(SIGNED, String(Date.now()));
    this.session = null;
    location.hash = "";
  };

  protected override render(): TemplateResult {
    return html`<a class="skip" href="#main">${t("app.skip")}</a>
      <header>
        <a class="name" href="#/"><img src="/icon.svg" alt="" width="28" height="28" />
          ${t("app.name")}</a>
        ${this.session && !needsSecondFactor(this.session)
          ? this.navigation(this.session.account)
          : ""}
        <div class="tools">
          <wa-button
            size="s"
            appearance="plain"
            title=${t("app.languageHint")}
            @click=${() => chooseLanguage(language() === "en" ? "zh-CN" : "en")}
            >${t("app.language")}</wa-button
          >
          <wa-button
            size="s"
            appearance="plain"
            title=${t("app.theme")}
            @click=${toggleTheme}
            >${named("◐", t("app.theme"))}</wa-button
          >
          ${this.session
            ? html`<wa-button size="s" @click=${this.leave}>${t("app.signOut")}</wa-button>`
            : ""}
        </div>
      </header>
      <main id="main" tabindex="-1" @signed-in=${this.onSignedIn}>${this.content()}</main>`;
  }

  private navigation(account: Account): TemplateResult {
    return html`<nav>
      ${pagesFor(account).map(
        (each) =>
          html`<a
            href=${`#${each.path}`}
            aria-current=${each === pageOf(this.path, account) ? "page" : "false"}
            >${t(each.title)}</a
          >`,
      )}
    </nav>`;
  }

  private content(): TemplateResult {
    if (this.error) {
      return html`<section class="narrow">
        ${errorCallout(this.error)}
        <wa-button @click=${this.start}>${t("app.tryAgain")}</wa-button>
      </section>`;
    }
    if (this.session === undefined) return html`<wa-spinner></wa-spinner>`;
    const join = joinPage(this.path, this.session?.account ?? null);
    if (join) return join;
    const session = this.session ?? this.ended;
    if (session === null) return html`<cg-sign-in></cg-sign-in>`;
    // The page stays as it is while somebody signs in again, and nobody else gets it.
    return html`<div aria-live="polite">
        ${this.notice
          ? html`<wa-callout variant="success" size="s">${this.notice}</wa-callout>`
          : ""}
      </div>
      ${keyed(session.account.identifier, this.page(session))}
      ${this.session === null
      ? html`<dialog class="sign-in-again" @close=${this.openSignIn}>
          <cg-sign-in .ended=${session.account}></cg-sign-in>
        </dialog>`
      : ""}`;
  }

  protected override updated(): void {
    this.openSignIn();
  }

  /** Cover everything, open dialogs as well; the Escape key does not help. */
  private openSignIn(): void {
    const dialog = this.querySelector<HTMLDialogElement>("dialog.sign-in-again");
    if (dialog && !dialog.open) dialog.showModal();
  }

  private page(session: ConsoleSession): TemplateResult {
    if (needsSecondFactor(session)) return secondFactorPage(session);
    const { account } = session;
    const page = pageOf(this.path, account);
    if (page) return renderPage(page, this.path, session);
    return html`<p>${t("app.notFound")}</p>
      <a href="#/">${t("app.toStart")}</a>`;
  }
}
