/** Owns the batch of last-used times: an API call only notes its time here, and a timer writes them together. */
import type { Clock, Logger, Store } from "../ports.js";

export class UseRecorder {
  #uses = new Map<string, number>();

  constructor(private readonly parts: { store: Store; clock: Clock; logger: Logger }) {}

  note(registrationId: string): void {
    this.#uses.set(registrationId, this.parts.clock.now());
  }

  /** Writes what was noted. A failure is logged and the times are given up: they are for people, not for decisions. */
  async flush(): Promise<void> {
    if (this.#uses.size === 0) return;
    const uses = [...this.#uses].map(([registrationId, at]) => ({ registrationId, at }));
    this.#uses = new Map();
    await this.parts.store
      .recordUse(uses)
      .catch((error: unknown) => this.parts.logger.warn({ error }, "last-used times could not be written"));
  }
}
