/**
 * Owns the start of an instance: tried again and again while the database does not answer, and given up on what no try
 * can cure.
 */
import { type Logger, StoreUnavailable } from "../ports.js";

const betweenTriesMs = 1000;

export interface Startup {
  /** Settles once: when the instance can serve, or with the reason it never will. */
  ready(): Promise<void>;
  /** Like `ready`, but does not wait for a database that is away: rejects with `StoreUnavailable` until it is there. */
  reached(): Promise<void>;
  /** Gives up trying, and waits for the try under way. */
  stop(): Promise<void>;
}

/** Starts at once. `start` rejects with `StoreUnavailable` for what a later try can cure. */
export function startUp(start: () => Promise<void>, logger: Logger): Startup {
  let isStopped = false;
  let wakeUp = () => {};
  let current: Promise<void>;

  /** The timer keeps the process alive: a host that waits for `ready` has nothing else yet. */
  const pause = () =>
    new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, betweenTriesMs);
      wakeUp = () => {
        clearTimeout(timer);
        resolve();
      };
    });

  async function begin(): Promise<void> {
    for (let tries = 1; ; tries += 1) {
      current = start();
      try {
        await current;
        if (tries > 1) logger.info({ tries }, "the database is there now");
        return;
      } catch (error) {
        if (!(error instanceof StoreUnavailable) || isStopped) throw error;
        if (tries === 1) logger.warn({ error }, "agentAuth waits for its database");
      }
      await pause();
      if (isStopped) throw new StoreUnavailable("The instance was closed before its database was there.");
    }
  }

  const started = begin();
  started.catch((error: unknown) => {
    if (!isStopped) logger.error({ error }, "agentAuth cannot start");
  });
  return {
    ready: () => started,
    reached: () => current,
    async stop() {
      isStopped = true;
      wakeUp();
      await started.catch(() => {});
    },
  };
}
