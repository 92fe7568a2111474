/** Packs every package that can be published, and installs the tarballs into an empty folder, as a stranger would. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { ownPort } from "../../../../test-support/own-port.mjs";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));

export interface Manifest {
  name: string;
  version: string;
  private?: boolean;
  bin?: Record<string, string>;
  exports?: Record<string, string | Record<string, string>>;
  dependencies?: Record<string, string>;
  peerDependencies?: Record<string, string>;
  peerDependenciesMeta?: Record<string, { optional?: boolean }>;
}

export const manifestAt = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));

/** The workspaces that are not private, whichever there are. */
export const publishable = readdirSync(join(repository, "packages"))
  .map((folder) => join(repository, "packages", folder))
  .map((source) => ({ source, manifest: manifestAt(source) }))
  .filter(({ manifest }) => manifest.private !== true);

/** Runs a command to its end; a failure's message holds everything it said. */
export async function run(command: string, parameters: string[], cwd: string): Promise<string> {
  const running = promisify(execFile)(command, parameters, { cwd, maxBuffer: 64 * 1024 * 1024 });
  const { stdout } = await running.catch((error: { message: string; stdout: string; stderr: string }) => {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
  });
  return stdout;
}

export interface Tarball {
  source: string;
  manifest: Manifest;
  path: string;
  /** Paths inside, without the leading `package/`. */
  files: string[];
}

/** Packs all of them into a new folder. */
export async function packAll(): Promise<{ folder: string; tarballs: Tarball[]; remove(): void }> {
  const folder = mkdtempSync(join(tmpdir(), "agent-auth-packed-"));
  const chosen = publishable.flatMap(({ manifest }) => ["-w", manifest.name]);
  const report = await run("npm", ["pack", "--json", "--pack-destination", folder, ...chosen], repository);
  const entries = Object.values(JSON.parse(report.slice(report.search(/^[[{]/m)))) as {
    name: string;
    filename: string;
    files: { path: string }[];
  }[];
  const tarballs = publishable.map(({ source, manifest }) => {
    const entry = entries.find(({ name }) => name === manifest.name);
    if (entry === undefined) throw new Error(`npm pack left out ${manifest.name}:\n${report}`);
    const files = entry.files.map(({ path }) => path);
    return { source, manifest, path: join(folder, entry.filename), files };
  });
  return { folder, tarballs, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Installs the tarballs, which find each other there, and what a TypeScript host has beside them. */
export async function installInto(folder: string, tarballs: Tarball[]): Promise<string> {
  const host = join(folder, "host");
  mkdirSync(host);
  writeFileSync(
    join(host, "package.json"),
    JSON.stringify({ name: "host", private: true, version: "1.0.0" }),
  );
  const beside = ["express", "@types/express", "@types/node"].map(
    (name) => `${name}@${manifestAt(join(repository, "node_modules", name)).version}`,
  );
  const flags = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...flags, ...tarballs.map(({ path }) => path), ...beside], host);
  // Compiled once for the repository; compiling it here again would take minutes and prove nothing about us.
  const compiled = "node_modules/better-sqlite3/build";
  cpSync(join(repository, compiled), join(host, compiled), { recursive: true });
  return host;
}

/** The block after `<!-- example: NAME -->` in README.md. */
export function exampleOf(readme: string, name: string): string {
  const [, block] = readme.split(`<!-- example: ${name} -->`);
  const code = /^\s*```\w*\n([\s\S]*?)\n```/.exec(block ?? "")?.[1];
  if (code === undefined) throw new Error(`README.md has no example ${name}`);
  return code;
}

/** The same host in CommonJS. */
export function asCommonJs(source: string): string {
  const required = source.replace(/^import (.+) from (".+");$/gm, "const $1 = require($2);");
  if (/^import /m.test(required)) throw new Error("an import is left");
  return required;
}

export interface RunningHost {
  url: string;
  /** What it wrote so far, warnings of Node included. */
  said(): string;
  stop(): Promise<void>;
}

async function firstAnswer(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The host ended with ${child.exitCode}:\n${said()}`);
    // Whoever else was given the port meanwhile does not write our address into its document.
    const isOurs = await fetch(`${url}/auth.md`).then(
      async (response) => (await response.text()).includes(url),
      () => false,
    );
    if (isOurs) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs this source as a file of the host on a free port, and waits until it answers. */
export async function startHost(host: string, file: string, source: string): Promise<RunningHost> {
  writeFileSync(join(host, file), source);
  const port = await ownPort();
  const env = { PATH: process.env.PATH, PORT: String(port) };
  const child = spawn(process.execPath, [file], { cwd: host, env, stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said += chunk.toString();
    });
  const url = `http://localhost:${port}`;
  await firstAnswer(url, child, () => said);
  return {
    url,
    said: () => said,
    async stop() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, "exit");
    },
  };
}
