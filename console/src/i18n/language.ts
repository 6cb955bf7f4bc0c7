/** The language of the pages: the chosen one, or that of the browser. */

export type Language = "en" | "zh-CN";

const CHOICE = "classgate.language";

export function language(): Language {
  const chosen = localStorage.getItem(CHOICE);
  if (chosen === "en" || chosen === "zh-CN") return chosen;
  return navigator.languages.some((each) => each.toLowerCase().startsWith("zh")) &&
    !navigator.languages[0]?.toLowerCase().startsWith("en")
    ? "zh-CN"
    : "en";
}

/** Choose a language. The page is loaded again, so that every text is in it. */
export function chooseLanguage(chosen: Language): void {
  localStorage.setItem(CHOICE, chosen);
  location.reload();
}
