// Runs once after all tests: stops what `global-setup.mjs` has started, and removes what it has made.
import { rmSync } from "node:fs";

export default async function globalTeardown() {
  await globalThis.agentAuthPostgres?.destroy();
  const folder = globalThis.agentAuthFolder;
  if (typeof folder === "string") rmSync(folder, { recursive: true, force: true });
}
