/**
 * Owns reads in common: what is asked for in one turn of the event loop is read at its end, in one read transaction.
 * Taking and letting go of a lock on the file costs more than most reads, and under load many share the price. A read
 * always comes after the request that asked for it, so it sees whatever was committed before that request was sent.
 */

interface Waiting {
  work: () => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

export class CommonRead {
  #waiting: Waiting[] = [];

  /** `transact` runs one read transaction, and throws when it cannot begin. */
  constructor(private readonly transact: (work: () => void) => void) {}

  /** Settles with what the work returned, or with what it threw. */
  add<Result>(work: () => Result): Promise<Result> {
    if (this.#waiting.length === 0) setImmediate(() => this.read());
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Reads now what is waiting. */
  read(): void {
    const waiting = this.#waiting;
    if (waiting.length === 0) return;
    this.#waiting = [];
    try {
      this.transact(() => {
        for (const { work, resolve, reject } of waiting) {
          try {
            resolve(work());
          } catch (error) {
            reject(error);
          }
        }
      });
    } catch (error) {
      // Whoever was answered before keeps the answer: a promise settles once.
      for (const { reject } of waiting) reject(error);
    }
  }
}
