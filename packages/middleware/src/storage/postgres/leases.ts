/** Owns leases: who, of several nodes, does what one of them at a time should do. */
import type { Store } from "../../ports.js";
import type { Connection } from "./connection.js";

/** Builds the verb of leases. */
export function createLeaseVerbs(connection: Connection): Pick<Store, "takeLease"> {
  const now = "extract(epoch FROM clock_timestamp())::bigint";
  // One that ends later than a new one would is of a clock that was put back: nobody waits for it.
  const take = connection.prepare(
    `INSERT INTO agent_auth.leases AS held (name, holder, expires_at)
     VALUES (@name, @holder, ${now} + @seconds::bigint)
     ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, expires_at = excluded.expires_at
     WHERE held.holder = excluded.holder OR held.expires_at <= ${now} OR held.expires_at > excluded.expires_at
     RETURNING 1`,
  );
  return {
    takeLease: ({ name, holder, seconds }) =>
      connection.grant(
        async (transaction) => (await transaction.run(take, { name, holder, seconds })).length === 1,
      ),
  };
}
