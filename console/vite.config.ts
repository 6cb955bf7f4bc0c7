import { defineConfig } from "vite";

// The bundle is part of the wheel and never committed.
export default defineConfig({
  base: "/",
  build: {
    outDir: "../src/classgate/console/bundle",
    emptyOutDir: true,
    assetsInlineLimit: 0, // the Content-Security-Policy allows no data: URIs for scripts and styles
    modulePreload: { polyfill: false }, // the polyfill would be an inline script
  },
});
