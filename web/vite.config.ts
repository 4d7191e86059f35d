import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

// The page is served by `beachhead` itself; nothing is inlined, so that the strict content security policy holds.
export default defineConfig({
  plugins: [react()],
  build: {
    outDir: "../src/beachhead/api/static",
    emptyOutDir: true,
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    chunkSizeWarningLimit: 900,
  },
});
