/** Owns the part of the contract about counts: whatever verbs are called, they are what counting would have given. */
import assert from "node:assert/strict";
import type { Registration } from "../../protocol/model.js";
import { statusOf } from "../../protocol/state.js";
import { aLink, anAttempt, anAuditEvent, aRegistration, aToken, someTime } from "../builders.js";
import { type AdminSuite, dice, now, someRegistrations, storeAll } from "./suite.js";

const system = { kind: "system", id: null } as const;
const operator = { kind: "operator", id: "operator_1" } as const;
const midnight = Math.ceil(someTime / 86_400) * 86_400;

/** Its status. What was noted as expired stays so, whatever a clock behind says. */
function standingOf(registration: Registration): string {
  const { expiredAt, claimExpiresAt } = registration;
  return statusOf({ ...registration, claimExpiresAt: expiredAt === null ? claimExpiresAt : now }, now);
}

function tally(keys: string[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const key of keys.sort()) counts[key] = (counts[key] ?? 0) + 1;
  return counts;
}

/** Counts in one text, so that they can be compared; those of 0 are left out. */
export const sorted = (counts: Record<string, number | undefined>): string =>
  JSON.stringify(
    Object.entries(counts)
      .filter(([, count]) => count !== 0)
      .sort(([one], [other]) => (one < other ? -1 : 1)),
  );

/** Describes overview, countByIssuer, providerCounts and countOutcome. */
export function describeCounting(suite: AdminSuite): void {
  async function compare(ids: string[]): Promise<void> {
    const found = await Promise.all(ids.map((id) => suite.store().findRegistration(id)));
    const all = found.filter((registration) => registration !== null);
    const overview = await suite.queries().overview({ days: 1, now });
    assert.equal(sorted(overview.byStatus), sorted(tally(all.map(standingOf))));
    assert.equal(sorted(overview.byKind), sorted(tally(all.map(({ kind }) => kind))));
    const living = all.filter(({ revokedAt }) => revokedAt === null);
    const scopes = Object.fromEntries(overview.topScopes.map(({ scope, count }) => [scope, count]));
    assert.equal(sorted(scopes), sorted(tally(living.flatMap((one) => one.scopes))));
    for (const issuer of ["https://a.example", "https://b.example", "https://provider.example"]) {
      const carrying = living.filter((one) => one.issuer === issuer).length;
      assert.equal(await suite.queries().countByIssuer(issuer, 1000), carrying);
      assert.equal(await suite.queries().countByIssuer(issuer, 1), Math.min(carrying, 1));
    }
  }

  suite.describe("overview", () => {
    suite.it("counts nothing that was refused, beside others that were not", async () => {
      const store = suite.store();
      const known = someRegistrations(20, 5);
      await storeAll(store, known);
      const added = Array.from({ length: 20 }, (_, index) => {
        const taken = index % 3 === 0 ? { id: known[index]?.id ?? "" } : {};
        const pair = { issuer: "https://a.example", subject: `added_${index}`, idJagIssuedAt: now };
        return aRegistration({ scopes: ["api.read"], ...pair, ...taken });
      });
      const answers = await Promise.allSettled(
        added.map((registration) => {
          const audit = [anAuditEvent({ registrationId: registration.id })];
          return store.createRegistration({ registration, attempt: null, audit });
        }),
      );
      assert.equal(answers.filter(({ status }) => status === "rejected").length, 7);
      await compare([...new Set([...known, ...added].map(({ id }) => id))]);
    });

    suite.it("counts what there is after any sequence of verbs", async () => {
      const { below, oneOf } = dice(77);
      const store = suite.store();
      const known = someRegistrations(60, 31);
      await storeAll(store, known);
      const ids = known.map(({ id }) => id);
      await compare(ids);
      for (let step = 0; step < 400; step += 1) {
        const registrationId = oneOf(ids);
        const current = await store.findRegistration(registrationId);
        assert.ok(current);
        const one = { registrationId, actor: operator, reason: "test", now, audit: [] };
        const { generation } = current;
        const link = aLink({ subject: `subject_of_${registrationId}` });
        const terms = { ...link, version: 0 };
        const verbs = [
          () => store.endRegistration({ ...one, as: "revoked" }),
          () => store.endRegistration({ ...one, as: "expired", actor: system, now: now + 2000 }),
          () => store.endRegistration({ ...one, as: "uncollected", actor: system, now: now + 2000 }),
          () => store.setSuspended({ ...one, suspended: true }),
          () => store.setSuspended({ ...one, suspended: false }),
          async () => {
            const attempt = anAttempt({ registrationId, createdAt: now, expiresAt: now + 600 });
            await store.startAttempt({ attempt, pollInterval: 5, maxPerHour: 500, now, audit: [] });
            const scopes = oneOf([["api.read"], ["api.write", "admin"], ["api"]]);
            const person = { userId: "user_alice", scopes: [...scopes] };
            if (below(2) === 0)
              await store.confirmClaim({ attemptId: attempt.id, ...one, generation, ...person });
          },
          () => store.lockClaim({ registrationId, now, audit: [] }),
          () => {
            const bind = { terms, link: true, registrationId, generation, expectedAttemptId: null };
            return store.bindByIdJag({ ...bind, scopes: ["api"], now, audit: [] });
          },
          async () => {
            const registration = aRegistration({
              ...{ kind: "identity_assertion", issuer: link.issuer, subject: link.subject },
              ...{ userId: link.userId, claimedAt: now, scopes: ["api.read", "admin"] },
            });
            const admitted = await store.admitByIdJag({ terms, link: true, registration, now, audit: [] });
            if (admitted.outcome === "admitted" && admitted.registration.id === registration.id)
              ids.push(registration.id);
          },
          async () => {
            const made = someRegistrations(1, step + 1);
            await storeAll(store, made);
            ids.push(...made.map(({ id }) => id));
          },
        ];
        await oneOf(verbs)();
        if (step % 20 === 0) await compare(ids);
      }
      await compare(ids);
    });

    suite.it("is empty at first, with all its days", async () => {
      const overview = await suite.queries().overview({ days: 3, now: midnight });
      const none = { registrations: 0, claims: 0, revocations: 0, mailFailures: 0 };
      const yesterday = new Date((midnight - 1) * 1000).toISOString().slice(0, 10);
      assert.equal(overview.perDay.length, 3);
      assert.equal(JSON.stringify(overview.perDay[1]), JSON.stringify({ day: yesterday, ...none }));
      const { perDay: _, ...rest } = overview;
      const standing = { byStatus: {}, byKind: {}, statusIsMore: { ended: false, expired: false } };
      const empty = { ...standing, failures: [], activeTokens: { count: 0, isMore: false }, topScopes: [] };
      assert.equal(JSON.stringify(rest), JSON.stringify(empty));
    });

    suite.it("puts events into the day they happened on, in UTC", async () => {
      const event = (type: Parameters<typeof anAuditEvent>[0], at: number) => anAuditEvent({ ...type, at });
      await suite
        .store()
        .appendAudit([
          event({ type: "registration.created" }, midnight - 1),
          event({ type: "registration.created" }, midnight),
          event({ type: "registration.created" }, midnight + 86_399),
          event({ type: "registration.created" }, midnight + 86_400),
          event({ type: "claim.confirmed" }, midnight),
          event({ type: "registration.revoked" }, midnight - 1),
          event({ type: "mail.failed", detail: { reason: "refused" } }, midnight),
          event({ type: "mail.failed", detail: {} }, midnight - 86_401),
        ]);
      const { perDay, failures } = await suite.queries().overview({ days: 2, now: midnight + 5 });
      const counts = perDay.map((day) => [day.registrations, day.claims, day.revocations, day.mailFailures]);
      assert.equal(JSON.stringify(counts), "[[1,0,1,0],[2,1,0,1]]");
      assert.equal(perDay[1]?.day, new Date(midnight * 1000).toISOString().slice(0, 10));
      assert.equal(JSON.stringify(failures), JSON.stringify([{ what: "mail", reason: "refused", count: 1 }]));
    });

    suite.it("counts every one of many events once, those of them that are gone among them", async () => {
      const created = (at: number) => anAuditEvent({ type: "registration.created", at });
      const counted = async () => (await suite.queries().overview({ days: 2, now: midnight })).perDay;
      for (let total = 0; total < 300; total += 30) {
        const events = Array.from({ length: 30 }, (_, index) => created(midnight - (index % 2)));
        await Promise.all(events.map((event) => suite.store().appendAudit([event])));
        // What is deleted happened all the same.
        if (total % 60 === 0) await suite.store().deleteOldAudit(midnight, 20);
        const sum = (await counted()).map(({ registrations }) => registrations);
        assert.equal(JSON.stringify(sum), JSON.stringify([total / 2 + 15, total / 2 + 15]));
      }
    });

    suite.it("counts tokens that are neither over nor revoked", async () => {
      const [registration] = someRegistrations(1, 1);
      assert.ok(registration);
      const good = { ...registration, revokedAt: null, revokedBy: null, revokedReason: null };
      await storeAll(suite.store(), [{ ...good, suspendedAt: null, endsAt: null, expiredAt: null }]);
      const issue = async (expiresAt: number) => {
        const token = aToken({ registrationId: registration.id, expiresAt });
        assert.ok(await suite.store().issueAccessToken({ token, now, audit: [] }));
        return token.hash;
      };
      await issue(now);
      await issue(now + 1);
      const hash = await issue(now + 2);
      const count = async () => (await suite.queries().overview({ days: 1, now })).activeTokens.count;
      assert.equal(await count(), 2);
      await suite.store().revokeAccessToken({ hash, now, audit: [] });
      assert.equal(await count(), 1);
    });
  });

  suite.describe("providerCounts", () => {
    suite.it("adds up outcomes by provider and day, and shows an overview all of them", async () => {
      const { countOutcome } = suite.queries();
      const issuer = "https://a.example";
      const at = midnight + 10;
      await countOutcome({ what: "id_jag", issuer, refusal: null, now: at });
      await countOutcome({ what: "id_jag", issuer, refusal: "expired", now: at });
      await countOutcome({ what: "id_jag", issuer, refusal: "expired", now: midnight - 1 });
      await countOutcome({ what: "id_jag", issuer: "https://b.example", refusal: "expired", now: at });
      await countOutcome({ what: "id_jag", issuer: null, refusal: "untrusted", now: at });
      const actor = { kind: "provider", id: issuer } as const;
      await suite
        .store()
        .appendAudit([
          anAuditEvent({ type: "event.received", at, actor }),
          anAuditEvent({ type: "event.rejected", at, actor, detail: { error: "invalid_key" } }),
        ]);
      const today = await suite.queries().providerCounts({ issuer, days: 1, now: at });
      const expected = {
        idJags: { accepted: 1, refused: [{ reason: "expired", count: 1 }] },
        events: { accepted: 1, refused: [{ reason: "invalid_key", count: 1 }] },
      };
      assert.equal(JSON.stringify(today), JSON.stringify(expected));
      const both = await suite.queries().providerCounts({ issuer, days: 2, now: at });
      assert.equal(both.idJags.refused[0]?.count, 2);
      const { failures } = await suite.queries().overview({ days: 2, now: at });
      assert.equal(
        JSON.stringify(failures.map(({ what, reason, count }) => `${what} ${reason} ${count}`).sort()),
        JSON.stringify(["event invalid_key 1", "id_jag expired 3", "id_jag untrusted 1"]),
      );
    });
  });
}
