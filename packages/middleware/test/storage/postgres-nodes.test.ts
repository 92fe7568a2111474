/** Several nodes on one PostgreSQL database: one winner whoever asks, no deadlock, and a revocation that is seen at once. */
import type { Store } from "../../src/ports.js";
import { openPostgres } from "../../src/storage/postgres/open.js";
import {
  aLink,
  aMail,
  anAttempt,
  anAuditEvent,
  aProvider,
  aRefreshFamily,
  aRegistration,
  aSigningKey,
  aToken,
  someTime,
} from "../../src/testing/builders.js";
import { type TestPlace, testPlace } from "../support/postgres.js";

const now = someTime + 60;
const operator = { kind: "operator", id: "op_1" } as const;
let place: TestPlace;
let nodes: [Store, Store, Store];

beforeEach(async () => {
  // A crowd of 200 stands in line for ten connections each, on whatever machine this runs.
  place = await testPlace({ connectTimeoutMilliseconds: 20_000, lockTimeoutMilliseconds: 20_000 });
  const open = () => openPostgres({ ...place, durability: "balanced" }).store;
  nodes = [open(), open(), open()];
});
afterEach(async () => {
  await Promise.all(nodes.map((node) => node.close()));
  await place.giveBack();
});

/** Callers that start together, on every node in turn. */
function race<Answer>(
  call: (store: Store, caller: number) => Promise<Answer>,
  callers = 60,
): Promise<Answer[]> {
  return Promise.all(
    Array.from({ length: callers }, (_, caller) => call(nodes[caller % 3] ?? nodes[0], caller)),
  );
}

async function openClaim() {
  const attempt = anAttempt();
  const registration = aRegistration({ currentAttemptId: attempt.id });
  attempt.registrationId = registration.id;
  await nodes[0].createRegistration({ registration, attempt, audit: [] });
  return { registration, attempt };
}

describe("nodes on one database", () => {
  it("confirm a claim once", async () => {
    const { registration, attempt } = await openClaim();
    const settle = { attemptId: attempt.id, registrationId: registration.id, generation: 1, now };
    const answers = await race(
      (store, caller) =>
        store.confirmClaim({ ...settle, userId: `user_${caller}`, scopes: [], audit: [anAuditEvent()] }),
      200,
    );
    expect(answers.filter(Boolean)).toHaveLength(1);
    expect(await nodes[1].listAudit({ limit: 100 })).toHaveLength(1);
    const { userId } = (await nodes[1].findRegistration(registration.id)) ?? {};
    expect(userId).toBe(`user_${answers.indexOf(true)}`);
  });

  it("spend one budget of guesses, and one limit", async () => {
    const { attempt } = await openClaim();
    const answers = await race((store) =>
      store.spendGuess({ attemptId: attempt.id, isRight: () => false, maxPerAttempt: 5, maxPerClaim: 15 }),
    );
    expect(answers.filter(({ outcome }) => outcome === "wrong")).toHaveLength(5);
    const uses = await race((store) => store.consumeLimit({ key: "all", windowSeconds: 60 }));
    expect(Math.max(...uses.map(({ used }) => used))).toBe(60);
  });

  it("grow one poll interval", async () => {
    const { registration } = await openClaim();
    const polls = await race((store) =>
      store.recordPoll({ registrationId: registration.id, step: 1, ceiling: 1000, now }),
    );
    expect(polls.filter(({ early }) => !early)).toHaveLength(1);
    expect((await nodes[2].findRegistration(registration.id))?.pollInterval).toBe(5 + 59);
  });

  it("collect a claim once, rotate a refresh token once, remember a jti once", async () => {
    const registration = aRegistration({ userId: "user_alice", claimedAt: someTime });
    const registrationId = registration.id;
    await nodes[0].createRegistration({ registration, attempt: null, audit: [] });
    const families = Array.from({ length: 60 }, () => aRefreshFamily({ registrationId }));
    const collected = await race((store, caller) =>
      store.collectClaim({
        token: aToken({ registrationId }),
        refreshFamily: families[caller] ?? aRefreshFamily(),
        now,
        audit: [],
      }),
    );
    expect(collected.filter((answer) => answer === "collected")).toHaveLength(1);
    const familyId = families[collected.indexOf("collected")]?.id ?? "";
    const rotated = await race((store) =>
      store.rotateRefreshToken({ familyId, sequence: 1, expiresAt: now + 60, now, audit: [] }),
    );
    expect(rotated.filter(Boolean)).toHaveLength(1);
    const id = { purpose: "id-jag", issuer: "https://a.example", jti: "one", expiresAt: now } as const;
    expect((await race((store) => store.rememberJwtId(id))).filter(Boolean)).toHaveLength(1);
  });

  it("send each mail once, and take turns with signing keys", async () => {
    for (let count = 0; count < 90; count += 1)
      await nodes[0].queueMail({ mail: aMail(), registrationId: null, now });
    const leased = (await race((store) => store.leaseMail({ now, leaseUntil: now + 60, limit: 3 }))).flat();
    expect(leased).toHaveLength(90);
    expect(new Set(leased.map(({ id }) => id)).size).toBe(90);
    const added = await race((store) =>
      store.addSigningKey({ key: aSigningKey(), newestKid: null, audit: [] }),
    );
    expect(added.filter(Boolean)).toHaveLength(1);
    expect(await nodes[1].listSigningKeys()).toHaveLength(1);
  });

  it("sweep at once without getting in each other's way", async () => {
    const registration = aRegistration();
    await nodes[0].createRegistration({ registration, attempt: null, audit: [] });
    for (let count = 0; count < 60; count += 1) {
      const token = aToken({ registrationId: registration.id, expiresAt: now - 1 });
      await nodes[0].issueAccessToken({ token, now: someTime, audit: [] });
    }
    const deleted = await race((store) => store.deleteExpiredTokens(now, 5), 30);
    expect(deleted.reduce((sum, count) => sum + count, 0)).toBe(60);
    expect(Math.max(...deleted)).toBeLessThanOrEqual(5);
  });
});

describe("a revocation", () => {
  it.each([1, 2])("committed by one node is seen by the next read of node %i, every time", async (other) => {
    const node = nodes[other] ?? nodes[1];
    for (let round = 0; round < 30; round += 1) {
      const registration = aRegistration();
      await nodes[0].createRegistration({ registration, attempt: null, audit: [] });
      const token = aToken({ registrationId: registration.id });
      await nodes[0].issueAccessToken({ token, now, audit: [] });
      // Read before, so that anything that were kept would be kept.
      expect((await node.findAccessToken(token.hash))?.holder.revokedAt).toBeNull();
      const end = {
        registrationId: registration.id,
        as: "revoked",
        actor: operator,
        reason: "test",
      } as const;
      expect(await nodes[0].endRegistration({ ...end, now, audit: [] })).toBe(true);
      expect((await node.findAccessToken(token.hash))?.holder.revokedAt).toBe(now);
    }
  });

  it("is never followed by a token: whoever is issued one after it got it before", async () => {
    for (let round = 0; round < 20; round += 1) {
      const registration = aRegistration();
      const registrationId = registration.id;
      await nodes[0].createRegistration({ registration, attempt: null, audit: [] });
      let isRevoked = false;
      const answers = await race(async (store, caller) => {
        if (caller === 10) {
          const end = { registrationId, as: "revoked", actor: operator, reason: "test" } as const;
          await store.endRegistration({ ...end, now, audit: [] });
          isRevoked = true;
          return "revoked";
        }
        const wasRevoked = isRevoked;
        const issued = await store.issueAccessToken({ token: aToken({ registrationId }), now, audit: [] });
        return wasRevoked && issued ? "issued after" : "fine";
      }, 24);
      expect(answers).not.toContain("issued after");
      const late = { token: aToken({ registrationId }), now, audit: [] };
      expect(await nodes[1].issueAccessToken(late)).toBe(false);
    }
  });
});

it("do not deadlock, whatever they do to the same few people at once", async () => {
  const deadlocks = async () =>
    (
      await place.query<{ deadlocks: string }>(
        "SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()",
      )
    )[0]?.deadlocks;
  const before = await deadlocks();
  const people = Array.from({ length: 3 }, () => aLink());
  const registrations = Array.from({ length: 6 }, () => aRegistration());
  for (const registration of registrations)
    await nodes[0].createRegistration({ registration, attempt: null, audit: [] });
  const pick = <Value>(values: Value[], number: number) => values[number % values.length] as Value;
  await nodes[0].saveProvider({
    ...{ provider: aProvider({ issuer: people[0]?.issuer ?? "" }), seen: null, now, audit: [] },
  });
  await race(async (store, caller) => {
    for (let step = 0; step < 12; step += 1) {
      const turn = caller * 7 + step * 5;
      const person = pick(people, turn);
      const { issuer, subject, userId } = person;
      const terms = { ...person, version: (await store.findDelegation(issuer, subject))?.version ?? 0 };
      const registration = pick(registrations, turn);
      const registrationId = registration.id;
      const audit = [anAuditEvent({ registrationId })];
      const identity = aRegistration({
        ...{ kind: "identity_assertion", issuer, subject, userId, claimedAt: now, claimTokenHash: null },
      });
      const attempt = anAttempt({ registrationId, link: { ...terms, issuedAt: now + turn } });
      const event = {
        ...{ issuer, subject, jti: `event ${caller} ${step}`, issuedAt: someTime - 1, rememberUntil: now },
        ...{ actor: { kind: "provider", id: issuer } as const, reason: "test", now, audit },
        ...{ registrationEvent: anAuditEvent(), delegationEvent: null },
      };
      const fresh = { ...terms, issuedAt: now + turn };
      const bind = { terms: fresh, link: true, registrationId, generation: 1, expectedAttemptId: null };
      const end = { registrationId, as: "revoked", actor: operator, reason: "test", now, audit } as const;
      await pick<() => Promise<unknown>>(
        [
          () => store.admitByIdJag({ terms: fresh, link: true, registration: identity, now, audit }),
          () => store.applySecurityEvent({ ...event, kind: turn % 2 === 0 ? "revoke" : "end_sessions" }),
          () => store.bindByIdJag({ ...bind, scopes: ["api.read"], now, audit }),
          () => store.startAttempt({ attempt, pollInterval: 5, maxPerHour: 900, now, audit }),
          async () => {
            const { currentAttemptId, generation } =
              (await store.findRegistration(registrationId)) ?? registration;
            const claim = { attemptId: currentAttemptId ?? "", registrationId, generation, now, audit };
            return store.confirmClaim({ ...claim, userId, scopes: ["api.read"] });
          },
          () =>
            store.recordUse(
              registrations.map(({ id }) => ({ registrationId: id, at: now + turn, scopes: ["api.read"] })),
            ),
          () => store.endRegistration(turn % 5 === 0 ? end : { ...end, as: "expired" }),
          () => store.setSuspended({ registrationId, suspended: turn % 2 === 0, now, audit }),
          () => store.setProviderDisabled({ issuer, disabled: turn % 2 === 0, now, audit }),
          () =>
            store.reserveDelegation({ ...fresh, gone: null, idempotencyKey: "key", leaseUntil: now, now }),
          () => store.deleteExpiredTokens(now, 10),
        ],
        turn,
      )();
    }
  }, 30);
  expect(await deadlocks()).toBe(before);
}, 60_000);
