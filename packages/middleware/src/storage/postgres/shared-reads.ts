/**
 * Owns the connection that short reads share. Statements of many requests travel on it together, so a read costs
 * neither side a connection of its own: Node and the server do about half the work for each, and the other connections
 * are free for verbs that write.
 *
 * It is a connection of the pool, taken by the first read and given back when none is under way, so that the pool goes
 * on deciding how long connections live.
 */
import type { PoolClient, QueryArrayConfig } from "pg";
import { StoreUnavailable } from "../../ports.js";
import { isLost } from "./failures.js";

interface Lease {
  client: Promise<PoolClient>;
  underWay: number;
  /** Reads it was used for. */
  taken: number;
  isBroken: boolean;
}

/** Reads under way on one connection, where the driver sends them without waiting for the answer to the one before. */
const mostTogether = 32;
/** After so many a connection goes back, however busy it is. */
const mostInAll = 1000;

/** Returns what runs a read on a shared connection. */
export function createSharedReads(
  checkOut: () => Promise<PoolClient>,
): (query: QueryArrayConfig) => Promise<unknown[][]> {
  let current: Lease | null = null;
  // An older driver would make one read wait for the other.
  let together = 1;

  function join(): Lease {
    if (current === null || current.underWay >= together || current.taken >= mostInAll)
      current = { client: checkOut(), underWay: 0, taken: 0, isBroken: false };
    current.underWay += 1;
    current.taken += 1;
    return current;
  }

  function leave(lease: Lease): void {
    lease.underWay -= 1;
    if (lease.underWay > 0 && !lease.isBroken) return;
    if (current === lease) current = null;
    if (lease.underWay > 0) return;
    // One that never came needs no giving back.
    lease.client.then(
      (client) => client.release(lease.isBroken),
      () => {},
    );
  }

  return async (query) => {
    const lease = join();
    try {
      const client: PoolClient & { pipeline?: boolean } = await lease.client;
      if (client.pipeline === true) together = mostTogether;
      return (await client.query(query)).rows;
    } catch (error) {
      lease.isBroken ||= isLost(error) || error instanceof StoreUnavailable;
      throw error;
    } finally {
      leave(lease);
    }
  };
}
