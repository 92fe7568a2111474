/** Owns what a job does to many registrations in one commit, locking in the order of all verbs (`locks.ts`). */
import type { AdminJobs } from "../../admin-jobs-port.js";
import { aboutAll, aboutEach, aboutLinks } from "../audit-events.js";
import type { Pair } from "../delegation-terms.js";
import type { WriteAudit } from "./audit.js";
import type { Connection, Transaction } from "./connection.js";
import { unlinked } from "./delegation-steps.js";

/** A step that is kept from its end by others is tried again, so often at most. */
const mostTries = 5;

interface Holder {
  id: string;
  issuer: string | null;
  subject: string | null;
}

const nameOf = ({ issuer, subject }: Holder | Pair) => JSON.stringify([issuer, subject]);

/** The pairs that some of these carry, each once and in one order. */
function pairsOf(holders: readonly Holder[]): Pair[] {
  const pairs = new Map<string, Pair>();
  for (const { issuer, subject } of holders)
    if (issuer !== null && subject !== null) pairs.set(nameOf({ issuer, subject }), { issuer, subject });
  return [...pairs].sort(([one], [other]) => (one < other ? -1 : 1)).map(([, pair]) => pair);
}

const columnsOfPairs = (pairs: readonly Pair[]) => ({
  issuers: pairs.map(({ issuer }) => issuer),
  subjects: pairs.map(({ subject }) => subject),
});

/** Builds the verb. */
export function createBulkChanges(
  connection: Connection,
  writeAudit: WriteAudit,
): Pick<AdminJobs, "changeRegistrations"> {
  const theIds = "id = ANY(@ids::text[])";
  const selectHolders = connection.prepare<Holder>(
    `SELECT id, issuer, subject FROM agent_auth.registrations WHERE ${theIds} AND revoked_at IS NULL`,
  );
  const lockHolders = connection.prepare<Holder>(
    `SELECT id, issuer, subject FROM agent_auth.registrations WHERE ${theIds}
     ORDER BY id FOR NO KEY UPDATE`,
  );
  const wanted =
    "unnest(@issuers::text[], @subjects::text[]) WITH ORDINALITY AS wanted(issuer, subject, place)";
  const makePairs = connection.prepare(
    `INSERT INTO agent_auth.delegations (issuer, subject, version, created_at)
     SELECT issuer, subject, 1, @now FROM ${wanted} ORDER BY place ON CONFLICT DO NOTHING`,
  );
  const lockPairs = connection.prepare<Pair & { user_id: string | null }>(
    `SELECT issuer, subject, user_id FROM agent_auth.delegations
     WHERE (issuer, subject) IN (SELECT issuer, subject FROM ${wanted})
     ORDER BY issuer, subject FOR NO KEY UPDATE`,
  );
  const cutPairs = connection.prepare(
    `UPDATE agent_auth.delegations
     SET version = version + 1, revoked_at = greatest(revoked_at, @now), ${unlinked}
     WHERE (issuer, subject) IN (SELECT issuer, subject FROM ${wanted})`,
  );
  const revoke = connection.prepare<{ id: string; user_id: string | null }>(
    `UPDATE agent_auth.registrations
     SET revoked_at = @now, revoked_by = @by, revoked_reason = @reason, generation = generation + 1
     WHERE ${theIds} AND revoked_at IS NULL RETURNING id, user_id`,
  );
  const suspend = connection.prepare<{ id: string }>(
    `UPDATE agent_auth.registrations SET suspended_at = @now
     WHERE ${theIds} AND suspended_at IS NULL AND revoked_at IS NULL RETURNING id`,
  );
  const resume = connection.prepare<{ id: string }>(
    `UPDATE agent_auth.registrations SET suspended_at = NULL
     WHERE ${theIds} AND suspended_at IS NOT NULL RETURNING id`,
  );

  type Input = Parameters<AdminJobs["changeRegistrations"]>[0];

  async function setSuspended(transaction: Transaction, { ids, action, now, registrationEvent }: Input) {
    transaction.send(lockHolders, { ids });
    const rows = await transaction.run(action === "suspend" ? suspend : resume, { ids, now });
    const changed = rows.map(({ id }) => id);
    if (changed.length === 0) return transaction.refuse(changed);
    writeAudit(transaction, aboutAll(changed, registrationEvent));
    return changed;
  }

  /** "moved" when one came to carry a pair after we had looked: the row of that was not locked, and nothing is done. */
  async function revokeAll(transaction: Transaction, input: Input): Promise<string[] | "moved"> {
    const { ids, actor, reason, now, registrationEvent, delegationEvent } = input;
    const holders = await transaction.run(selectHolders, { ids });
    const seen = new Map(holders.map((row) => [row.id, nameOf(row)]));
    const pairs = actor.kind === "system" ? [] : pairsOf(holders);
    if (pairs.length > 0) transaction.send(makePairs, { ...columnsOfPairs(pairs), now });
    const linked = pairs.length === 0 ? [] : await transaction.run(lockPairs, columnsOfPairs(pairs));
    const locked = await transaction.run(lockHolders, { ids });
    const isMoved = (row: Holder) => seen.has(row.id) && seen.get(row.id) !== nameOf(row);
    // Or somebody was erased, and their row with them.
    if (locked.some(isMoved) || linked.length < pairs.length) return transaction.refuse("moved" as const);
    const ended = await transaction.run(revoke, { ids: [...seen.keys()], by: actor.kind, reason, now });
    if (ended.length === 0) return transaction.refuse([]);
    const holderOf = new Map(locked.map((row) => [row.id, row]));
    const cut = pairsOf(ended.flatMap(({ id }) => holderOf.get(id) ?? []));
    if (actor.kind !== "system" && cut.length > 0)
      transaction.send(cutPairs, { ...columnsOfPairs(cut), now });
    const links = linked.flatMap((link) => {
      const holder = ended.find(({ id }) => nameOf(holderOf.get(id) as Holder) === nameOf(link));
      return link.user_id === null || holder === undefined
        ? []
        : [{ ...holder, issuer: link.issuer, subject: link.subject }];
    });
    writeAudit(transaction, [...aboutEach(ended, registrationEvent), ...aboutLinks(links, delegationEvent)]);
    return ended.map(({ id }) => id);
  }

  return {
    async changeRegistrations(input) {
      if (input.action !== "revoke")
        return connection.spend((transaction) => setSuspended(transaction, input));
      for (let tries = 1; ; tries += 1) {
        const changed = await connection.spend((transaction) => revokeAll(transaction, input));
        if (changed !== "moved") return changed;
        // A registration comes to carry a pair once in its life.
        if (tries === mostTries) throw new Error("Registrations change their person all the time.");
      }
    },
  };
}
