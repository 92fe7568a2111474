/** Owns a host in a process of its own, which can be killed at any moment and started again on the same file. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";

const script = fileURLToPath(new URL("host.mjs", import.meta.url));

export interface HostProcess {
  origin: string;
  /** `kill -9`: nothing of it runs any more, no handler, no flush. */
  kill(): Promise<void>;
  errors(): string;
}

/** Starts a host. `limitBlocks` bounds the size of every file it writes, in blocks of 512 bytes: a disk that gets full. */
export async function startHost(
  file: string,
  provider: string,
  { limitBlocks }: { limitBlocks?: number } = {},
): Promise<HostProcess> {
  const parameters = [script, file, provider, "0"];
  const child =
    limitBlocks === undefined
      ? spawn(process.execPath, parameters)
      : spawn("sh", ["-c", `ulimit -f ${limitBlocks}; exec "$0" "$@"`, ...[process.execPath, ...parameters]]);
  let errors = "";
  child.stderr?.on("data", (text) => {
    errors += text;
  });
  const port = await firstLine(child, () => errors);
  return {
    origin: `http://127.0.0.1:${port}`,
    errors: () => errors,
    async kill() {
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill("SIGKILL");
      await once(child, "exit");
    },
  };
}

async function firstLine(child: ChildProcess, errors: () => string): Promise<string> {
  return new Promise((resolve, reject) => {
    let output = "";
    child.stdout?.on("data", (text) => {
      output += text;
      if (output.includes("\n")) resolve(output.trim());
    });
    child.once("error", reject);
    child.once("exit", (code) => reject(new Error(`The host ended with ${code}: ${errors()}`)));
  });
}
