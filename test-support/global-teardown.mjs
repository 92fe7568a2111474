// Runs once after all tests: stops what `global-setup.mjs` has started.
export default async function globalTeardown() {
  await globalThis.agentAuthPostgres?.destroy();
}
