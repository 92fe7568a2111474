/** A PostgreSQL server of the tests. */
export interface PostgresServer {
  url: string;
  port: number;
  /** Ends the server and keeps its data: SIGINT for a fast shutdown, SIGKILL for a crash. */
  halt(signal: "SIGINT" | "SIGKILL"): Promise<void>;
  /** Starts it again, on the same port. */
  resume(): Promise<void>;
  destroy(): Promise<void>;
}

export function startPostgres(flags?: string[], files?: Record<string, string>): Promise<PostgresServer>;
