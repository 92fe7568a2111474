/** Packs the middleware and installs the tarball into an empty folder, as a stranger would. */
import { type ChildProcess, execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

export const repository = fileURLToPath(new URL("../../../../", import.meta.url));
const middleware = join(repository, "packages/middleware");

/** Runs a command to its end; a failure's message holds everything it said. */
export async function run(command: string, parameters: string[], cwd: string): Promise<string> {
  const running = promisify(execFile)(command, parameters, { cwd, maxBuffer: 64 * 1024 * 1024 });
  const { stdout } = await running.catch((error: { message: string; stdout: string; stderr: string }) => {
    throw new Error(`${error.message}\n${error.stdout}\n${error.stderr}`);
  });
  return stdout;
}

export interface Packed {
  folder: string;
  tarball: string;
  /** Paths inside the tarball, without the leading `package/`. */
  files: string[];
  remove(): void;
}

export async function pack(): Promise<Packed> {
  const folder = mkdtempSync(join(tmpdir(), "agent-auth-packed-"));
  const report = await run("npm", ["pack", "--json", "--pack-destination", folder], middleware);
  const entries = Object.values(JSON.parse(report.slice(report.search(/[[{]/)))) as {
    filename: string;
    files: { path: string }[];
  }[];
  const [packed] = entries;
  if (packed === undefined) throw new Error(`npm pack reported nothing: ${report}`);
  return {
    folder,
    tarball: join(folder, packed.filename),
    files: packed.files.map(({ path }) => path),
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

function versionOf(name: string): string {
  return JSON.parse(readFileSync(join(repository, "node_modules", name, "package.json"), "utf8")).version;
}

/** Installs the tarball and what a TypeScript host of ours has beside it. Answers the folder. */
export async function installInto(packed: Packed): Promise<string> {
  const host = join(packed.folder, "host");
  mkdirSync(host);
  writeFileSync(
    join(host, "package.json"),
    JSON.stringify({ name: "host", private: true, version: "1.0.0" }),
  );
  const beside = ["express", "@types/express", "@types/node"].map((name) => `${name}@${versionOf(name)}`);
  const flags = ["--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund"];
  await run("npm", ["install", ...flags, packed.tarball, ...beside], host);
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

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no port");
  return address.port;
}

export interface RunningHost {
  url: string;
  stop(): Promise<void>;
}

async function firstAnswer(url: string, child: ChildProcess, said: () => string): Promise<void> {
  for (;;) {
    if (child.exitCode !== null) throw new Error(`The host ended with ${child.exitCode}:\n${said()}`);
    const answered = await fetch(url).then(
      () => true,
      () => false,
    );
    if (answered) return;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Runs a file of the host on a free port and waits until it answers. */
export async function startHost(host: string, file: string): Promise<RunningHost> {
  const port = await freePort();
  const env = { ...process.env, PORT: String(port) };
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
    async stop() {
      if (child.exitCode !== null) return;
      child.kill();
      await once(child, "exit");
    },
  };
}
