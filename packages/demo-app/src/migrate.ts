/** Owns bringing a PostgreSQL database to the library's version when the demo starts: by the command a host would run. */
import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

/** Of the package next to this one: the demo is never installed by itself. */
const command = fileURLToPath(new URL("../../middleware/dist/cli/agent-auth.js", import.meta.url));

/** Throws the command's own sentence when it fails. It names the database, and never the password. */
export async function migrate(url: string): Promise<void> {
  try {
    // Not as an argument, which everybody on this computer could read.
    const env = { ...process.env, NODE_OPTIONS: "", DATABASE_URL: url };
    await promisify(execFile)(process.execPath, [command, "migrate"], { env });
  } catch (error) {
    const { stderr = "", message } = error as Error & { stderr?: string };
    throw new Error(stderr.trim() || message);
  }
}
