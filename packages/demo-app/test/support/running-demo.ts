/** Owns starting the demo in this process, on a free port of 127.0.0.1, in memory unless told otherwise. */
import { pino } from "pino";
import { parseEnvironment } from "../../src/environment.js";
import { type RunningDemo, startServer } from "../../src/server.js";

const defaults = { PORT: "0", DATABASE_URL: "sqlite::memory:", LOG_LEVEL: "silent" };

export function startDemo(variables: Record<string, string> = {}): Promise<RunningDemo> {
  const environment = parseEnvironment({ ...defaults, ...variables }, process.cwd());
  return startServer(environment, { logger: pino({ level: "silent" }) });
}

/** Mail the demo captured, newest last. */
export async function outbox(
  baseUrl: string,
): Promise<{ to: string; subject: string; text: string; html: string }[]> {
  const response = await fetch(`${baseUrl}/dev/outbox.json`);
  return (await response.json()) as { to: string; subject: string; text: string; html: string }[];
}
