/**
 * Owns group commit: writes that are asked for in one turn of the event loop share a transaction, and while every turn
 * brings more of them, a few turns do. Under load that spares most of what a small write costs; a write that comes
 * alone waits for nobody.
 */

/** Turns that a write waits for others at most. */
const mostTurns = 4;

interface Waiting {
  work: () => unknown;
  resolve: (result: unknown) => void;
  reject: (error: unknown) => void;
}

export class CommonCommit {
  #waiting: Waiting[] = [];

  constructor(
    /** Runs one transaction, and throws when nothing of it was committed. */
    private readonly transact: (work: () => void) => void,
    /** Whether what was thrown would keep every other transaction from being committed too. */
    private readonly isHopeless: (error: unknown) => boolean,
  ) {}

  /**
   * Settles once the work is committed; rejects with what the work threw, or with what kept the commit from happening.
   * Work may be run a second time after everything it did was undone.
   */
  add<Result>(work: () => Result): Promise<Result> {
    if (this.#waiting.length === 0) this.#gather(1, 0);
    return new Promise<Result>((resolve, reject) => {
      this.#waiting.push({ work, resolve: resolve as (result: unknown) => void, reject });
    });
  }

  /** Commits at the end of this turn, or of a later one as long as there come more. */
  #gather(seen: number, turns: number): void {
    setImmediate(() => {
      const { length } = this.#waiting;
      if (length > seen && turns < mostTurns) this.#gather(length, turns + 1);
      else this.commit();
    });
  }

  /** Commits now what is waiting. */
  commit(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    if (waiting.length === 0) return;
    try {
      this.#commitAll(waiting);
    } catch (error) {
      // One that fails undoes them all, and each has to stand or fall alone. Failures are rare; a savepoint around each
      // work would cost every one of them a copy of the pages it changes.
      if (waiting.length === 1 || this.isHopeless(error)) for (const { reject } of waiting) reject(error);
      else this.#commitEach(waiting);
    }
  }

  #commitAll(waiting: readonly Waiting[]): void {
    const results: unknown[] = [];
    this.transact(() => {
      for (const { work } of waiting) results.push(work());
    });
    for (const [index, { resolve }] of waiting.entries()) resolve(results[index]);
  }

  #commitEach(waiting: readonly Waiting[]): void {
    for (const one of waiting) {
      try {
        this.#commitAll([one]);
      } catch (error) {
        one.reject(error);
      }
    }
  }
}
