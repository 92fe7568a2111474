/**
 * Owns other processes on the same database file: it compiles the storage into a folder and runs small scripts on it.
 * A second connection in this process would share its memory; only real processes prove locks and crashes.
 */
import { spawn } from "node:child_process";
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { transformFileSync } from "@swc/core";

const packageFolder = fileURLToPath(new URL("../..", import.meta.url));

/** Compiles the sources the store needs into `folder`, so that plain Node can run them. */
export function compileStore(folder: string): void {
  const sources = readdirSync(join(packageFolder, "src"), { recursive: true, encoding: "utf8" });
  const needed = /^((storage|protocol)\/.*|testing\/builders|[^/]*ports?)\.ts$/;
  for (const name of sources.filter((source) => needed.test(source))) {
    const { code } = transformFileSync(join(packageFolder, "src", name), {
      configFile: false,
      swcrc: false,
      jsc: { parser: { syntax: "typescript" }, target: "es2022" },
      module: { type: "es6" },
    });
    const target = join(folder, name.replace(/\.ts$/, ".js"));
    mkdirSync(dirname(target), { recursive: true });
    writeFileSync(target, code);
  }
  const migrations = "storage/sqlite/drizzle";
  cpSync(join(packageFolder, "src", migrations), join(folder, migrations), { recursive: true });
  writeFileSync(join(folder, "package.json"), `{ "type": "module" }`);
  symlinkSync(join(packageFolder, "../../node_modules"), join(folder, "node_modules"));
}

/** How a process ended and what it printed. */
export interface ProcessEnd {
  code: number | null;
  signal: string | null;
  output: string;
}

/** Runs `script`, a module body that has `store`, `jobs`, `builders` and `print`, in a process of its own on `path`. */
export function runOnStore(folder: string, path: string, script: string): Promise<ProcessEnd> {
  const url = (name: string) => JSON.stringify(pathToFileURL(join(folder, name)).href);
  const body = `
    import { openSqliteWithAdmin } from ${url("storage/sqlite/open.js")};
    import * as builders from ${url("testing/builders.js")};
    const print = (value) => process.stdout.write(String(value));
    const { store, jobs } = openSqliteWithAdmin({ path: ${JSON.stringify(path)}, durability: "balanced" });
    ${script}`;
  const child = spawn(process.execPath, ["--input-type=module", "-e", body], { stdio: "pipe" });
  let output = "";
  child.stdout.on("data", (chunk) => {
    output += chunk;
  });
  child.stderr.on("data", (chunk) => {
    output += chunk;
  });
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code, signal) => resolve({ code, signal, output }));
  });
}
