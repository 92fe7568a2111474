/**
 * Owns starting the demo in this process, on a free port of 127.0.0.1, in memory and without a provider unless told
 * otherwise.
 */
import { pino } from "pino";
import { recordedLog } from "../../../../test-support/recorded-log.js";
import { parseEnvironment } from "../../src/environment.js";
import { type RunningDemo, type StartOptions, startServer } from "../../src/server.js";

const defaults = { PORT: "0", PROVIDER_PORT: "off", DATABASE_URL: "sqlite::memory:", LOG_LEVEL: "silent" };

/** Where its log goes: it is searched for secrets when all tests have run. */
function recording() {
  const log = recordedLog();
  return {
    write(text: string) {
      const { msg: message, level, ...fields } = JSON.parse(text);
      log.line(String(level), fields, String(message));
    },
  };
}

export function startDemo(
  variables: Record<string, string> = {},
  { directory = process.cwd(), ...options }: Omit<StartOptions, "logger"> & { directory?: string } = {},
): Promise<RunningDemo> {
  const environment = parseEnvironment({ ...defaults, ...variables }, directory);
  return startServer(environment, { logger: pino({ level: "debug" }, recording()), ...options });
}

/** With the sample provider, whose issuer is in the answer. */
export async function startDemoWithProvider(
  variables: Record<string, string> = {},
  options: Omit<StartOptions, "logger"> = {},
): Promise<RunningDemo & { issuer: string }> {
  const demo = await startDemo({ PROVIDER_PORT: "0", ...variables }, options);
  return { ...demo, issuer: demo.provider?.issuer ?? "" };
}
