/**
 * Owns the batch of last-used times: an API call only notes its time here, and a timer writes them together. Calls that
 * need the same scopes share one map, so noting which scopes a call needed costs no more than noting the call.
 */
import type { Clock, Logger, Store, Use } from "../ports.js";

/** Notes a call of a registration. */
export type NoteUse = (registrationId: string) => void;

/** Calls that needed the same scopes. */
interface Group {
  scopes: readonly string[];
  /** Which registrations made them since the last flush, and when each last did. */
  uses: Map<string, number>;
  /** When which of them was last handed to the store, for as long as that keeps it from being handed over again. */
  handed: Map<string, number>;
}

/** Who calls all the time is written once in so many seconds: last uses are for people, who read them in minutes. */
const resolutionSeconds = 60;

/** Uses that are written at once. The database answers synchronously, and requests come first. */
const largestBatch = 500;

export class UseRecorder {
  readonly #groups = new Map<string, Group>();

  constructor(private readonly parts: { store: Store; clock: Clock; logger: Logger }) {}

  /** What notes the calls that need these scopes. Made once for each guard; noting is one entry of a map. */
  noteOf(scopes: readonly string[]): NoteUse {
    const sorted = [...new Set(scopes)].sort();
    const name = sorted.join(" ");
    const group = this.#groups.get(name) ?? { scopes: sorted, uses: new Map(), handed: new Map() };
    this.#groups.set(name, group);
    const { clock } = this.parts;
    return (registrationId) => {
      group.uses.set(registrationId, clock.now());
    };
  }

  /** Writes what was noted. A failure is logged and the times are given up: they are for people, not for decisions. */
  async flush(): Promise<void> {
    const uses = this.#take();
    try {
      for (let first = 0; first < uses.length; first += largestBatch) {
        if (first > 0) await new Promise((resolve) => setImmediate(resolve));
        await this.parts.store.recordUse(uses.slice(first, first + largestBatch), resolutionSeconds);
      }
    } catch (error) {
      for (const { handed } of this.#groups.values()) handed.clear();
      this.parts.logger.warn({ error }, "last-used times could not be written");
    }
  }

  #take(): Use[] {
    const taken: Use[] = [];
    const now = this.parts.clock.now();
    for (const group of this.#groups.values()) {
      const { scopes, uses, handed } = group;
      group.uses = new Map();
      const isFresh = (known: number, at: number) => known >= at - resolutionSeconds && known <= at;
      for (const [registrationId, at] of handed) if (!isFresh(at, now)) handed.delete(registrationId);
      for (const [registrationId, at] of uses) {
        const known = handed.get(registrationId);
        if (known !== undefined && isFresh(known, at)) continue;
        handed.set(registrationId, at);
        taken.push({ registrationId, at, scopes });
      }
    }
    return taken;
  }
}
