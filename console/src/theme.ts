/** Light or dark: as the system says, unless somebody chose. */

const CHOICE = "classgate.theme";
const system = matchMedia("(prefers-color-scheme: dark)");

function apply(): void {
  const chosen = localStorage.getItem(CHOICE);
  const isDark = chosen === null ? system.matches : chosen === "dark";
  document.documentElement.classList.toggle("wa-dark", isDark);
}

/** Follow the system from now on. */
export function followTheme(): void {
  system.addEventListener("change", apply);
  apply();
}

/** Change to the other one, and keep it. */
export function toggleTheme(): void {
  const isDark = document.documentElement.classList.contains("wa-dark");
  localStorage.setItem(CHOICE, isDark ? "light" : "dark");
  apply();
}
