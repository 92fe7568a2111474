/**
 * Owns the assembly of the PostgreSQL `Store` from its verbs, one file per group.
 * Read next: `connection.ts` for what a commit promises, `locks.ts` for why verbs do not deadlock,
 * `testing/store-contract.ts` for what each verb means.
 */
import type { Store } from "../../ports.js";
import { createAdmissionVerbs } from "./admission.js";
import { createAttemptSteps } from "./attempt-steps.js";
import { createAttemptVerbs } from "./attempts.js";
import { createAuditVerbs, createAuditWriter } from "./audit.js";
import { createClaimVerbs } from "./claims.js";
import type { Connection } from "./connection.js";
import { createDelegationSteps } from "./delegation-steps.js";
import { createDelegationVerbs } from "./delegations.js";
import { createJwtIdMemory, createJwtIdVerbs } from "./jwt-ids.js";
import { createKeyVerbs } from "./keys.js";
import { createLeaseVerbs } from "./leases.js";
import { createLimitVerbs } from "./limits.js";
import { createLocks } from "./locks.js";
import { createOutboxVerbs } from "./outbox.js";
import { createProviderVerbs } from "./providers.js";
import { createRefreshVerbs } from "./refresh-tokens.js";
import { createRegistrationVerbs } from "./registrations.js";
import { createRetentionVerbs } from "./retention.js";
import { createSecurityEventVerbs } from "./security-events.js";
import { createStepUpVerbs } from "./step-up.js";
import { createDisabledLookup, createStandingLookup, createSubjectVerbs } from "./subject-lookup.js";
import { createSweepingVerbs } from "./sweeping.js";
import { createTokenVerbs } from "./tokens.js";
import { createUseVerbs } from "./uses.js";

/** Builds the store on connections to a database whose schema is up to date. */
export function createPostgresStore(connection: Connection): Store {
  const writeAudit = createAuditWriter(connection);
  const locks = createLocks(connection);
  const parts = {
    writeAudit,
    locks,
    delegations: createDelegationSteps(connection),
    attempts: createAttemptSteps(connection),
    standingOf: createStandingLookup(connection),
    isIssuerDisabled: createDisabledLookup(connection, locks),
    remember: createJwtIdMemory(connection),
  };
  // Of a table: a database whose tables are gone answers everything else.
  const probe = connection.prepare("SELECT 1 FROM agent_auth.registrations LIMIT 1");
  return {
    ...createRegistrationVerbs(connection, parts),
    ...createAttemptVerbs(connection, parts),
    ...createClaimVerbs(connection, parts),
    ...createTokenVerbs(connection, writeAudit),
    ...createUseVerbs(connection),
    ...createDelegationVerbs(connection, parts),
    ...createSubjectVerbs(connection),
    ...createAdmissionVerbs(connection, parts),
    ...createStepUpVerbs(connection, parts),
    ...createSecurityEventVerbs(connection, parts),
    ...createProviderVerbs(connection, parts),
    ...createJwtIdVerbs(connection, parts.remember),
    ...createRefreshVerbs(connection, writeAudit),
    ...createOutboxVerbs(connection, writeAudit),
    ...createSweepingVerbs(connection),
    ...createLeaseVerbs(connection),
    ...createRetentionVerbs(connection, writeAudit),
    ...createKeyVerbs(connection, writeAudit),
    ...createAuditVerbs(connection, writeAudit),
    ...createLimitVerbs(connection),

    async ping() {
      await connection.read(probe);
    },

    close: () => connection.close(),
  };
}
