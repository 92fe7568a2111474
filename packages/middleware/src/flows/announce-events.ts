/**
 * Tells the host's handlers of events that were committed, at least once: an event is marked only after every handler
 * returned, so a crash or a failing handler means it is told again.
 */
import type { Clock, Logger, Store } from "../ports.js";
import type { AnnouncedType, StoredAuditEvent } from "../protocol/model.js";

type Handler = (event: StoredAuditEvent) => void | Promise<void>;

/** Events older than this are not told any more. */
const longestDelaySeconds = 86_400;
const batch = 100;

export class EventAnnouncer {
  readonly #handlers = new Map<AnnouncedType, Set<Handler>>();
  #running: Promise<void> | null = null;
  #again = false;

  constructor(private readonly parts: { store: Store; clock: Clock; logger: Logger }) {}

  /** Adds a handler. The returned function removes it. */
  on(type: AnnouncedType, handler: Handler): () => void {
    const handlers = this.#handlers.get(type) ?? new Set();
    this.#handlers.set(type, handlers.add(handler));
    return () => {
      handlers.delete(handler);
      if (handlers.size === 0) this.#handlers.delete(type);
    };
  }

  /** Something was committed: tells about it soon, without holding up the caller. */
  committed(): void {
    if (this.#handlers.size > 0) void this.announce();
  }

  /** Tells everything not told yet. Calls that overlap share one run, and cause another one after it. */
  announce(): Promise<void> {
    this.#again = true;
    this.#running ??= this.#run();
    return this.#running;
  }

  async #run(): Promise<void> {
    while (this.#again) {
      this.#again = false;
      await this.#round().catch((error: unknown) =>
        this.parts.logger.warn({ error }, "events could not be announced"),
      );
    }
    // In the step that saw that nobody asks any more, or whoever asks between the two would be told that it is done.
    this.#running = null;
  }

  /** Batches until one is not full. A type whose handler failed waits for the next round and holds up no other. */
  async #round(): Promise<void> {
    const { store, clock } = this.parts;
    const now = clock.now();
    const failing = new Set<string>();
    for (;;) {
      const types = [...this.#handlers.keys()].filter((type) => !failing.has(type));
      if (types.length === 0) return;
      const after = now - longestDelaySeconds;
      const events = await store.listUnannounced({ types, after, before: now, limit: batch });
      const told: number[] = [];
      for (const event of events) {
        if (await this.#tell(event)) told.push(event.id);
        else failing.add(event.type);
      }
      if (told.length > 0) await store.markAnnounced(told);
      if (events.length < batch) return;
    }
  }

  async #tell(event: StoredAuditEvent): Promise<boolean> {
    try {
      for (const handler of this.#handlers.get(event.type as AnnouncedType) ?? []) await handler(event);
      return true;
    } catch (error) {
      this.parts.logger.error(
        { error, event: event.type, id: event.id },
        "event handler failed, will be told again",
      );
      return false;
    }
  }
}
