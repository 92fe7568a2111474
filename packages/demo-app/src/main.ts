/** Owns the process: reads the environment, starts the demo, says where it is, and stops it on a signal. */
import { pino } from "pino";
import { EnvironmentError, parseEnvironment } from "./environment.js";
import { greeting } from "./greeting.js";
import { ListenError } from "./listener.js";
import { type RunningDemo, startServer } from "./server.js";

/** npm runs the script inside the package; paths mean the folder a person typed the command in. */
const directory = process.env.INIT_CWD || process.cwd();

function explain(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (error instanceof EnvironmentError || (error as Error).name === "OptionsError") return message;
  if (error instanceof ListenError && code === "EADDRINUSE")
    return `${error.variable} is taken by another program. Stop it, or choose another ${error.variable}.`;
  if (error instanceof ListenError) return `${error.variable} cannot be opened (${message}).`;
  if (code === "EACCES") return `DATABASE_URL may not be used by this user (${message}).`;
  return `The demo cannot start: ${message}`;
}

function stopOnSignal(demo: RunningDemo): void {
  let stoppingSince = 0;
  const stop = () => {
    if (stoppingSince !== 0) {
      // npm passes on the Ctrl+C that the terminal has sent here already; that echo is not a second wish.
      if (Date.now() - stoppingSince > 500) process.exit(1);
      return;
    }
    stoppingSince = Date.now();
    demo.close().then(
      () => process.exit(0),
      (error: unknown) => {
        process.stderr.write(`The demo did not stop cleanly: ${(error as Error).message}\n`);
        process.exit(1);
      },
    );
  };
  process.on("SIGTERM", stop);
  process.on("SIGINT", stop);
}

try {
  const environment = parseEnvironment(process.env, directory);
  const demo = await startServer(environment, { logger: pino({ level: environment.logLevel }) });
  stopOnSignal(demo);
  process.stdout.write(
    greeting({ ...environment, baseUrl: demo.baseUrl, provider: demo.provider?.issuer ?? null }),
  );
} catch (error) {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(1);
}
