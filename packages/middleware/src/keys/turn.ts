/**
 * Owns work that is put off to the end of a turn of the event loop and then done in one go, each piece after the other:
 * what one piece has brought into the processor's caches is still there for the next.
 */
interface Waiting {
  work: () => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

export class Turn {
  #waiting: Waiting[] = [];

  /** Settles with what the work returned, or with what it threw. */
  add<Result>(work: () => Result): Promise<Result> {
    if (this.#waiting.length === 0) setImmediate(() => this.#work());
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  #work(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { work, resolve, reject } of waiting) {
      try {
        resolve(work());
      } catch (error) {
        reject(error);
      }
    }
  }
}
