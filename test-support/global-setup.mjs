// Runs once before all tests: makes sure that there is a Chromium, and tells the browser tests where.
import { findOrInstallChromium } from "../scripts/chromium.mjs";

export default function globalSetup() {
  process.env.CHROMIUM_PATH = findOrInstallChromium();
}
