/** The order in which a registration's status is evaluated, and what may happen in each (PROTOCOL section 8). */
import { describe, expect, test } from "@jest/globals";
import { allows, type Status, statuses, statusOf, transitions } from "../../src/protocol/state.js";
import { aRegistration, someTime } from "../../src/testing/builders.js";

const now = someTime;

/** What makes a registration have each status, strongest first; the last one takes nothing. */
const marks: [Status, Parameters<typeof aRegistration>[0]][] = [
  ["revoked", { revokedAt: now - 1 }],
  ["suspended", { suspendedAt: now - 1 }],
  ["ended", { endsAt: now }],
  ["claimed", { claimedAt: now - 1, userId: "usr_alice" }],
  ["expired", { claimExpiresAt: now }],
  ["pending_claim", { currentAttemptId: "clm_1" }],
  ["unclaimed", {}],
];

describe("the status", () => {
  test("is evaluated in the order of the contract", () => {
    expect(marks.map(([status]) => status)).toEqual([...statuses]);
  });

  // Every subset of the six marks: the strongest one decides.
  test.each(Array.from({ length: 64 }, (_, bits) => [bits.toString(2).padStart(6, "0"), bits] as const))(
    "is that of the strongest mark of %s",
    (_name, bits) => {
      const set = marks.filter((_mark, index) => index === 6 || (bits & (1 << index)) !== 0);
      const registration = aRegistration(Object.assign({}, ...set.map(([, mark]) => mark)));
      expect(statusOf(registration, now)).toBe(set[0]?.[0]);
    },
  );

  test.each<[string, Parameters<typeof aRegistration>[0], Status, Status]>([
    ["the end date", { endsAt: now }, "unclaimed", "ended"],
    ["the claim window", { claimExpiresAt: now }, "unclaimed", "expired"],
    [
      "the claim window of a claim in progress",
      { claimExpiresAt: now, currentAttemptId: "c" },
      "pending_claim",
      "expired",
    ],
  ])("changes at the exact second of %s", (_what, mark, before, from) => {
    const registration = aRegistration(mark);
    expect(statusOf(registration, now - 1)).toBe(before);
    expect(statusOf(registration, now)).toBe(from);
    expect(statusOf(registration, now + 1)).toBe(from);
  });

  test("of a claimed registration does not care about its window", () => {
    const registration = aRegistration({ claimedAt: now, claimExpiresAt: now });
    expect(statusOf(registration, now + 1_000_000)).toBe("claimed");
  });
});

describe("what may happen", () => {
  const allowed = Object.fromEntries(
    statuses.map((status) => [
      status,
      Object.keys(transitions).filter((transition) => allows(status, transition as keyof typeof transitions)),
    ]),
  );

  test("is exactly this", () => {
    expect(allowed).toEqual({
      // A suspension outlives the revocation: it stops a later ID-JAG of the same person until it is resumed.
      revoked: ["resume"],
      suspended: ["resume", "revoke"],
      ended: ["suspend", "revoke"],
      claimed: ["collect_claim", "exchange_claimed", "refresh", "suspend", "revoke"],
      expired: ["suspend", "revoke", "expire"],
      pending_claim: ["start_claim", "settle_claim", "exchange_unclaimed", "suspend", "revoke"],
      unclaimed: ["start_claim", "exchange_unclaimed", "suspend", "revoke"],
    });
  });
});
