/**
 * Owns starting the demo in this process, on a free port of 127.0.0.1, in memory and without a provider unless told
 * otherwise.
 */
import { pino } from "pino";
import { parseEnvironment } from "../../src/environment.js";
import { type RunningDemo, type StartOptions, startServer } from "../../src/server.js";

const defaults = { PORT: "0", PROVIDER_PORT: "off", DATABASE_URL: "sqlite::memory:", LOG_LEVEL: "silent" };

export function startDemo(
  variables: Record<string, string> = {},
  options: Omit<StartOptions, "logger"> = {},
): Promise<RunningDemo> {
  const environment = parseEnvironment({ ...defaults, ...variables }, process.cwd());
  return startServer(environment, { logger: pino({ level: "silent" }), ...options });
}

/** With the sample provider, whose issuer is in the answer. */
export async function startDemoWithProvider(
  variables: Record<string, string> = {},
  options: Omit<StartOptions, "logger"> = {},
): Promise<RunningDemo & { issuer: string }> {
  const demo = await startDemo({ PROVIDER_PORT: "0", ...variables }, options);
  return { ...demo, issuer: demo.provider?.issuer ?? "" };
}
