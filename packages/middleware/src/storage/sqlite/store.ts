/**
 * Owns the assembly of the SQLite `Store` from its verbs, one file per group.
 * Read next: `connection.ts` for what a commit promises, `testing/store-contract.ts` for what each verb means.
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
import { createMailQueue, createOutboxVerbs } from "./outbox.js";
import { createProviderVerbs } from "./providers.js";
import { createRefreshVerbs } from "./refresh-tokens.js";
import { createRegistrationVerbs } from "./registrations.js";
import { createRetentionVerbs } from "./retention.js";
import { createSecurityEventVerbs } from "./security-events.js";
import { createStepUpVerbs } from "./step-up.js";
import {
  createDisabledLookup,
  createStandingLookup,
  createSubjectLookup,
  createSubjectVerbs,
} from "./subject-lookup.js";
import { createSweepingVerbs } from "./sweeping.js";
import { createTokenVerbs } from "./tokens.js";
import { createUseVerbs } from "./uses.js";

/** Builds the store on a connection whose schema is up to date. Compiles every statement now, so a wrong column fails here. */
export function createSqliteStore(connection: Connection): Store {
  const queueMail = createMailQueue(connection);
  const writeAudit = createAuditWriter(connection, queueMail);
  const delegations = createDelegationSteps(connection);
  const attempts = createAttemptSteps(connection);
  const findBySubject = createSubjectLookup(connection);
  const standingOf = createStandingLookup(connection);
  const isIssuerDisabled = createDisabledLookup(connection);
  const remember = createJwtIdMemory(connection);
  const decisions = { standingOf, isIssuerDisabled };
  const parts = { writeAudit, delegations, attempts, findBySubject, remember, ...decisions };
  // Reads a table, so that it really asks the file; `SELECT 1` would answer for a database that is gone.
  const probe = connection.prepare("SELECT id FROM registrations LIMIT 1");
  return {
    ...createRegistrationVerbs(connection, writeAudit, delegations),
    ...createAttemptVerbs(connection, parts),
    ...createClaimVerbs(connection, parts),
    ...createTokenVerbs(connection, writeAudit),
    ...createUseVerbs(connection),
    ...createDelegationVerbs(connection, parts),
    ...createSubjectVerbs(connection, findBySubject, standingOf),
    ...createAdmissionVerbs(connection, parts),
    ...createStepUpVerbs(connection, parts),
    ...createSecurityEventVerbs(connection, parts),
    ...createProviderVerbs(connection, writeAudit),
    ...createJwtIdVerbs(connection, remember),
    ...createRefreshVerbs(connection, writeAudit),
    ...createOutboxVerbs(connection, { queueMail, writeAudit }),
    ...createSweepingVerbs(connection),
    ...createLeaseVerbs(connection),
    ...createRetentionVerbs(connection, writeAudit),
    ...createKeyVerbs(connection, writeAudit),
    ...createAuditVerbs(connection, writeAudit),
    ...createLimitVerbs(connection),

    async ping() {
      connection.read(() => probe.get());
    },

    async close() {
      connection.close();
    },
  };
}
