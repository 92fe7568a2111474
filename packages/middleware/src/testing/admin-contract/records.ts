/** Owns the part of the contract about the other listings: audit, delegations, mail, attempts and tokens. */
import assert from "node:assert/strict";
import type { AuditFilter, MailFilter } from "../../admin-queries-port.js";
import type { StoredAuditEvent } from "../../protocol/model.js";
import { aLink, aMail, anAttempt, anAuditEvent, aRegistration, aToken, someTime } from "../builders.js";
import { type AdminSuite, dice, now, storeAll, walkAll } from "./suite.js";

const auditFilters: AuditFilter[] = [
  {},
  { registrationId: "reg_a" },
  { type: "claim.viewed" },
  { type: "key.rotated" },
  ...(["agent", "operator", "system", "provider"] as const).map((actorKind) => ({ actorKind })),
  ...["reg_a", "operator_1", "nobody"].map((actorId) => ({ actorId })),
  { from: someTime + 3000 },
  { before: someTime + 3000 },
  { from: someTime + 1000, before: someTime + 1500 },
];

const isMeant = (event: StoredAuditEvent, filter: AuditFilter) =>
  (filter.registrationId === undefined || event.registrationId === filter.registrationId) &&
  (filter.type === undefined || event.type === filter.type) &&
  (filter.actorKind === undefined || event.actor.kind === filter.actorKind) &&
  (filter.actorId === undefined || event.actor.id === filter.actorId) &&
  (filter.from === undefined || event.at >= filter.from) &&
  (filter.before === undefined || event.at < filter.before);

/** Describes pageAudit, pageDelegations, pageMail, listAttempts, listTokens and findToken. */
export function describeRecords(suite: AdminSuite): void {
  suite.describe("pageAudit", () => {
    suite.it("filters by each and by pairs, newest line first, by clocks that differ a little", async () => {
      const { below, oneOf } = dice(9);
      const events = Array.from({ length: 400 }, (_, index) => {
        const registrationId = oneOf(["reg_a", "reg_b", null]);
        const actors = [
          { kind: "operator", id: "operator_1" } as const,
          { kind: "system", id: null } as const,
        ];
        const agent = registrationId === null ? [] : [{ kind: "agent", id: registrationId } as const];
        const type = oneOf(["claim.viewed", "registration.created", "token.issued"] as const);
        const at = someTime + index * 10 + below(200);
        return anAuditEvent({ type, at, registrationId, actor: oneOf([...actors, ...agent]) });
      });
      await suite.store().appendAudit(events);
      const stored = (await suite.store().listAudit({ limit: 1000 })).reverse();
      const pairs = auditFilters.flatMap((one) => auditFilters.map((other) => ({ ...one, ...other })));
      for (const filter of pairs) {
        const rows = await walkAll((page) => suite.queries().pageAudit(filter, page), 150);
        const expected = stored.filter((event) => isMeant(event, filter));
        assert.equal(JSON.stringify(rows), JSON.stringify(expected), JSON.stringify(filter));
      }
    });
  });

  suite.describe("pageDelegations", () => {
    suite.it("lists what is linked, by issuer and subject", async () => {
      const pairs: [string, string, string][] = [];
      for (let number = 0; number < 30; number += 1) {
        const issuer = `https://${"abc"[number % 3]}.example`;
        const userId = `user_${number % 4}`;
        const subject = `subject_${(number * 7) % 30}`;
        const terms = aLink({ issuer, subject, userId });
        const registration = aRegistration({
          ...{ kind: "identity_assertion", issuer, subject, userId, claimedAt: now },
        });
        await suite.store().admitByIdJag({ terms, link: true, registration, now, audit: [] });
        if (number % 5 === 0) {
          const actor = { kind: "operator", id: "operator_1" } as const;
          const end = { registrationId: registration.id, actor, reason: "test", now, audit: [] };
          await suite.store().endRegistration({ ...end, as: "revoked" });
        } else pairs.push([issuer, subject, userId]);
      }
      const expected = pairs.map((pair) => pair.join(" ")).sort();
      for (const filter of [
        {},
        { issuer: "https://a.example" },
        { userId: "user_1" },
        { issuer: "https://b.example", userId: "user_2" },
      ]) {
        const rows = await walkAll((page) => suite.queries().pageDelegations(filter, page), 4);
        const wanted = Object.values(filter);
        assert.equal(
          rows.map(({ issuer, subject, userId }) => `${issuer} ${subject} ${userId}`).join(),
          expected.filter((pair) => wanted.every((part) => pair.split(" ").includes(part))).join(),
        );
      }
    });
  });

  suite.describe("pageMail", () => {
    suite.it("lists by state and template, newest first", async () => {
      const store = suite.store();
      const { oneOf } = dice(13);
      const expected: { id: number; state: string; template: string }[] = [];
      for (let count = 0; count < 40; count += 1) {
        const template = oneOf(["claim_link", "agent_connected", "agent_revoked", "manage_link"] as const);
        await store.queueMail({ mail: aMail({ template }), registrationId: null, now });
        const [leased] = await store.leaseMail({ now, leaseUntil: now + 60, limit: 1 });
        assert.ok(leased);
        const { id } = leased;
        const kind = oneOf(["waiting", "sent", "failed"] as const);
        expected.unshift({ id, state: kind, template });
        if (kind === "waiting") continue;
        const outcome =
          kind === "sent" ? { kind, to: "alice@example.com" } : { kind, failure: "refused", at: now };
        assert.ok(await store.settleMail({ id, tries: 1, outcome, now, audit: [] }));
      }
      const filters: MailFilter[] = [
        {},
        { state: "waiting" },
        { state: "sent" },
        { template: "claim_link" },
        { state: "failed", template: "manage_link" },
      ];
      for (const filter of filters) {
        const rows = await walkAll((page) => suite.queries().pageMail(filter, page), 6);
        const wanted = expected.filter(
          ({ state, template }) =>
            (filter.state === undefined || filter.state === state) &&
            (filter.template === undefined || filter.template === template),
        );
        assert.equal(
          rows.map(({ id }) => id).join(),
          wanted.map(({ id }) => id).join(),
          JSON.stringify(filter),
        );
      }
    });
  });

  suite.describe("what belongs to a registration", () => {
    suite.it("is listed newest first and bounded: attempts to 50, tokens to 100", async () => {
      const store = suite.store();
      const registration = aRegistration({ claimExpiresAt: now + 86_400 });
      await storeAll(store, [registration, aRegistration()]);
      const registrationId = registration.id;
      const attempts: string[] = [];
      const tokens: string[] = [];
      for (let number = 0; number < 105; number += 1) {
        const createdAt = someTime + Math.floor(number / 2);
        const attempt = anAttempt({ registrationId, createdAt });
        const outcome = await store.startAttempt({
          ...{ attempt, pollInterval: 5, maxPerHour: 1000, now, audit: [] },
        });
        assert.equal(outcome.outcome, "started");
        attempts.unshift(attempt.id);
        const token = aToken({ registrationId, createdAt });
        assert.ok(await store.issueAccessToken({ token, now, audit: [] }));
        tokens.unshift(token.hash);
      }
      const queries = suite.queries();
      const found = {
        attempts: await queries.listAttempts(registrationId),
        tokens: await queries.listTokens(registrationId),
      };
      assert.equal(found.attempts.map(({ id }) => id).join(), attempts.slice(0, 50).join());
      assert.equal(found.tokens.map(({ hash }) => hash).join(), tokens.slice(0, 100).join());
      const [newest] = found.tokens;
      assert.ok(newest);
      assert.equal(JSON.stringify(await queries.findToken(newest.hash)), JSON.stringify(newest));
      assert.equal(await queries.findToken(aToken().hash), null);
      assert.equal((await queries.listTokens("reg_of_nobody")).length, 0);
    });
  });
}
