/** Owns the assembly of the SQLite `AdminQueries`. Read next: `admin-walk.ts` for how a page is read. */
import type { AdminQueries } from "../../admin-queries-port.js";
import { createAttentionQuery } from "./admin-attention.js";
import { createAuditListing } from "./admin-audit.js";
import { createRegistrationListing } from "./admin-listings.js";
import { createCountingQueries } from "./admin-overview.js";
import { createRecordQueries } from "./admin-records.js";
import { createWalker } from "./admin-walk.js";
import type { Connection } from "./connection.js";
import { createUseQueries } from "./uses.js";

/** Builds the queries on a connection whose schema is up to date. */
export function createAdminQueries(connection: Connection): AdminQueries {
  const walker = createWalker(connection);
  return {
    ...createRegistrationListing(connection, walker),
    ...createAuditListing(connection, walker),
    ...createRecordQueries(connection, walker),
    ...createUseQueries(connection),
    ...createCountingQueries(connection),
    ...createAttentionQuery(connection),
  };
}
