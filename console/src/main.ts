/** The start: styles, components, and the application. */

import "@awesome.me/webawesome/dist/styles/webawesome.css";
import "./style.css";

import "./components";
import { language } from "./i18n/language";
import { followTheme } from "./theme";

document.documentElement.lang = language();
followTheme();
await import("./app");
document.documentElement.classList.remove("wa-cloak");
