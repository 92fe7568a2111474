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

type Outcome = { result: unknown } | { error: unknown };

export class CommonCommit {
  #waiting: Waiting[] = [];

  constructor(
    /** Runs one transaction, and throws when nothing of it was committed. */
    private readonly transact: (work: () => void) => void,
    private readonly inside: {
      /** Runs a part of the open transaction that can be undone alone. */
      apart: (work: () => unknown) => unknown;
      /** Whether the transaction is still open: some failures undo all of it. */
      isOpen: () => boolean;
    },
  ) {}

  /** Settles once the work is committed; rejects with what the work threw, or with what kept the commit from happening. */
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
    if (waiting.length === 0) return;
    this.#waiting = [];
    const outcomes: Outcome[] = [];
    try {
      this.transact(() => {
        for (const { work } of waiting)
          outcomes.push(waiting.length === 1 ? { result: work() } : this.#try(work));
      });
    } catch (error) {
      for (const { reject } of waiting) reject(error);
      return;
    }
    for (const [index, { resolve, reject }] of waiting.entries()) {
      const outcome = outcomes[index] as Outcome;
      if ("error" in outcome) reject(outcome.error);
      else resolve(outcome.result);
    }
  }

  #try(work: () => unknown): Outcome {
    try {
      return { result: this.inside.apart(work) };
    } catch (error) {
      if (!this.inside.isOpen()) throw error;
      return { error };
    }
  }
}
