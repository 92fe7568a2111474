// Runs once before all tests: makes sure that there is a Chromium and a PostgreSQL server, and tells the tests where.
import { findOrInstallChromium } from "../scripts/chromium.mjs";
import { startPostgres } from "./postgres.mjs";

export default async function globalSetup() {
  process.env.CHROMIUM_PATH = findOrInstallChromium();
  const postgres = await startPostgres();
  globalThis.agentAuthPostgres = postgres;
  process.env.TEST_POSTGRES_URL = postgres.url;
}
