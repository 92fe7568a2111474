/** Owns leases: who, of several processes on one file, does what one of them at a time should do. */
import type { Store } from "../../ports.js";
import type { Connection } from "./connection.js";

/** Builds the verb of leases. */
export function createLeaseVerbs(connection: Connection): Pick<Store, "takeLease"> {
  // One that ends later than a new one would is of a clock that was put back: nobody waits for it.
  const take = connection.prepare(
    `INSERT INTO leases (name, holder, expires_at) VALUES (@name, @holder, unixepoch() + @seconds)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
     WHERE leases.holder = excluded.holder OR leases.expires_at <= unixepoch()
       OR leases.expires_at > excluded.expires_at`,
  );
  return {
    async takeLease({ name, holder, seconds }) {
      return connection.grant(() => take.run({ name, holder, seconds }).changes === 1);
    },
  };
}
