// Finds a Chromium for the browser tests, or installs one: CHROMIUM_PATH, else the system's, else apt-get as root,
// else playwright's own download. Throws a sentence that says what to do. `node scripts/chromium.mjs` prints the path.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome", "google-chrome-stable"];
const wellKnown = [
  "/usr/bin/chromium",
  "/usr/bin/chromium-browser",
  "/usr/bin/google-chrome",
  "/snap/bin/chromium",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];
const advice =
  "Install Chromium (Debian: apt-get install chromium), or set CHROMIUM_PATH to the executable of a Chromium or Chrome.";

function starts(path) {
  return (
    existsSync(path) && spawnSync(path, ["--version"], { stdio: "ignore", timeout: 30_000 }).status === 0
  );
}

function findOnSystem() {
  const folders = (process.env.PATH ?? "").split(delimiter).filter(Boolean);
  const onPath = names.flatMap((name) => folders.map((folder) => join(folder, name)));
  return [...onPath, ...wellKnown].find(starts);
}

/** Progress and installer output go to stderr: stdout belongs to whoever asked. */
function run(command, parameters, environment = {}) {
  process.stderr.write(`No Chromium found: running ${command} ${parameters.join(" ")}\n`);
  const env = { ...process.env, ...environment };
  return spawnSync(command, parameters, { stdio: ["ignore", 2, 2], env }).status === 0;
}

function installFromDebian() {
  if (process.getuid?.() !== 0 || !existsSync("/usr/bin/apt-get")) return undefined;
  const quiet = { DEBIAN_FRONTEND: "noninteractive" };
  const done =
    run("apt-get", ["update"], quiet) &&
    run("apt-get", ["install", "-y", "--no-install-recommends", "chromium"], quiet);
  return done ? findOnSystem() : undefined;
}

function installWithPlaywright() {
  if (starts(chromium.executablePath())) return chromium.executablePath();
  const done = run("npx", ["--no-install", "playwright-core", "install", "chromium"]);
  return done && starts(chromium.executablePath()) ? chromium.executablePath() : undefined;
}

/** Path of a Chromium that starts. */
export function findOrInstallChromium() {
  const chosen = process.env.CHROMIUM_PATH;
  if (chosen) {
    if (starts(chosen)) return chosen;
    throw new Error(`CHROMIUM_PATH is ${chosen}, which does not start. ${advice}`);
  }
  const found = findOnSystem() ?? installFromDebian() ?? installWithPlaywright();
  if (found === undefined)
    throw new Error(`The browser tests need Chromium and none could be installed. ${advice}`);
  return found;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href)
  process.stdout.write(`${findOrInstallChromium()}\n`);
