/**
 * Owns statements that are compiled when they are first run: of some two hundred most processes need a few dozens, and
 * compiling all of them is most of what opening a file takes.
 */
import type { Statement as Compiled, Database, RunResult } from "better-sqlite3";

export class Statement<Row> {
  #compiled: Compiled<unknown[], Row> | null = null;

  constructor(
    private readonly database: Database,
    private readonly sql: string,
    /** Rows come as arrays of their columns, which costs less than objects. */
    private readonly asArrays: boolean,
  ) {}

  run(...parameters: unknown[]): RunResult {
    return this.#ready().run(...parameters);
  }

  get(...parameters: unknown[]): Row | undefined {
    return this.#ready().get(...parameters);
  }

  all(...parameters: unknown[]): Row[] {
    return this.#ready().all(...parameters);
  }

  iterate(...parameters: unknown[]): IterableIterator<Row> {
    return this.#ready().iterate(...parameters);
  }

  #ready(): Compiled<unknown[], Row> {
    if (this.#compiled === null) {
      this.#compiled = this.database.prepare<unknown[], Row>(this.sql);
      if (this.asArrays) this.#compiled.raw(true);
    }
    return this.#compiled;
  }
}
