// Adds to package-lock.json the optional packages for other platforms that its dependencies name and it lacks. Run it
// after `npm install` against a registry that does not carry every platform: npm leaves out what it cannot find there,
// and `npm ci` then refuses the lock file. The entries have no integrity until an install from a full registry adds it.
import { readFileSync, writeFileSync } from "node:fs";

const path = process.argv[2] ?? "package-lock.json";
const lock = JSON.parse(readFileSync(path, "utf8"));
const systems = [
  "aix",
  "android",
  "darwin",
  "freebsd",
  "linux",
  "netbsd",
  "openbsd",
  "openharmony",
  "sunos",
  "win32",
];
const processors = [
  "arm64",
  "arm",
  "ia32",
  "loong64",
  "mips64el",
  "ppc64",
  "riscv64",
  "s390x",
  "wasm32",
  "x64",
];

/** `@swc/core-linux-ppc64-gnu` runs on linux, ppc64, with glibc; `@turbo/windows-64` on win32, x64. */
function platformOf(name) {
  const words = name
    .replace("windows-64", "win32-x64")
    .replace("windows-", "win32-")
    .replace(/-64$/, "-x64")
    .split(/[/-]/);
  const os = systems.filter((system) => words.includes(system));
  const cpu = processors.filter((processor) => words.includes(processor));
  const libc = words.includes("musl") ? ["musl"] : words.includes("gnu") ? ["glibc"] : [];
  return os.length > 0 ? { os, cpu, libc } : undefined;
}

/** Whether some folder on the way up from `parent` has the package. */
function isLocked(parent, name) {
  const folders = parent.split("node_modules/");
  for (let depth = folders.length; depth >= 0; depth -= 1) {
    const prefix = folders.slice(0, depth).join("node_modules/");
    if (lock.packages[`${prefix}${prefix === "" || prefix.endsWith("/") ? "" : "/"}node_modules/${name}`])
      return true;
  }
  return false;
}

const added = [];
for (const [parent, entry] of Object.entries(lock.packages)) {
  for (const [name, version] of Object.entries(entry.optionalDependencies ?? {})) {
    if (isLocked(parent, name)) continue;
    const platform = platformOf(name);
    added.push(`${name}@${version}${platform === undefined ? " (unknown platform)" : ""}`);
    if (platform === undefined) continue;
    const { os, cpu, libc } = platform;
    lock.packages[`node_modules/${name}`] = {
      version,
      ...(cpu.length > 0 ? { cpu } : {}),
      ...(entry.dev ? { dev: true } : {}),
      ...(libc.length > 0 ? { libc } : {}),
      optional: true,
      os,
    };
  }
}
const sorted = Object.entries(lock.packages).sort(([one], [other]) => one.localeCompare(other, "en"));
lock.packages = Object.fromEntries(sorted);
if (added.length > 0) writeFileSync(path, `${JSON.stringify(lock, null, 2)}\n`);
process.stdout.write(`${added.map((name) => `added ${name}`).join("\n")}\n${added.length} added\n`);
