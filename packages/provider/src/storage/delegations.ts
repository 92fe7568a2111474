/** Owns stored decisions: what a person allows a service, how it is used up, and how it ends. */
import type { Database } from "better-sqlite3";
import type { Store } from "../ports.js";
import type { QueuedEvent } from "../protocol/model.js";
import { type DelegationRow, delegationOf, eventRow } from "./rows.js";
import { delegations, outbox } from "./schema.js";
import { columnsOf, insertInto } from "./statements.js";

type DelegationVerbs = Pick<
  Store,
  "saveDecision" | "findDelegation" | "listDelegations" | "spendConsent" | "recordMint" | "revokeDelegation"
>;

export function createDelegationVerbs(database: Database): DelegationVerbs {
  const columns = columnsOf(delegations);
  const save = database.prepare(
    `INSERT INTO delegations (user_id, audience, consent, decided_at, since, last_minted_at, mint_count)
     VALUES (@userId, @audience, @consent, @now, @now, NULL, 0)
     ON CONFLICT DO UPDATE SET consent = @consent, decided_at = @now,
       since = CASE WHEN mint_count = 0 THEN @now ELSE since END`,
  );
  const find = database.prepare<[string, string], DelegationRow>(
    `SELECT ${columns} FROM delegations WHERE user_id = ? AND audience = ?`,
  );
  // A refusal that nothing was minted before is no delegation.
  const list = database.prepare<[string], DelegationRow>(
    `SELECT ${columns} FROM delegations
     WHERE user_id = ? AND (mint_count > 0 OR consent IN ('once', 'always'))
     ORDER BY since DESC, audience`,
  );
  // One statement, so that "once" is once however many agents ask at the same moment.
  const spend = database.prepare(
    `UPDATE delegations SET last_minted_at = @now, mint_count = mint_count + 1,
       consent = CASE consent WHEN 'once' THEN 'minted' ELSE consent END
     WHERE user_id = @userId AND audience = @audience
       AND (consent = 'always' OR (consent = 'once' AND decided_at > @onceValidAfter))`,
  );
  const record = database.prepare(
    `INSERT INTO delegations (user_id, audience, consent, decided_at, since, last_minted_at, mint_count)
     VALUES (@userId, @audience, 'minted', @now, @now, @now, 1)
     ON CONFLICT DO UPDATE SET last_minted_at = @now, mint_count = mint_count + 1`,
  );
  const remove = database.prepare("DELETE FROM delegations WHERE user_id = ? AND audience = ?");
  const queue = database.prepare(insertInto(outbox));
  const revoke = database.transaction((event: QueuedEvent) => {
    remove.run(event.userId, event.audience);
    queue.run(eventRow(event));
  });
  return {
    saveDecision: (decision) => {
      save.run(decision);
    },
    findDelegation: (userId, audience) => {
      const row = find.get(userId, audience);
      return row === undefined ? null : delegationOf(row);
    },
    listDelegations: (userId) => list.all(userId).map(delegationOf),
    spendConsent: (input) => spend.run(input).changes === 1,
    recordMint: (userId, audience, now) => {
      record.run({ userId, audience, now });
    },
    revokeDelegation: (event) => {
      revoke.immediate(event);
    },
  };
}
