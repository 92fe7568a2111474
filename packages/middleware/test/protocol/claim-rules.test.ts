/** The rules of a claim at their exact boundaries (PROTOCOL sections 4 and 5). */
import { describe, expect, test } from "@jest/globals";
import {
  claimGate,
  deliverableUntil,
  isAlive,
  isHintedPerson,
  pollFinding,
  startRefusal,
} from "../../src/protocol/claim-rules.js";
import { anAttempt, aRegistration, someTime } from "../../src/testing/builders.js";

const now = someTime;
const day = 86_400;
type Marks = NonNullable<Parameters<typeof aRegistration>[0]>;
type AttemptMarks = NonNullable<Parameters<typeof anAttempt>[0]>;

const pending: Marks = { currentAttemptId: "clm_1" };
const denied: Marks = { claimEndedAt: now - 1, claimEndReason: "denied" };
const claimed: Marks = { ...pending, claimedAt: now, userId: "usr_alice" };
const attempt = (marks: AttemptMarks = {}) => anAttempt({ id: "clm_1", ...marks });

describe("an attempt", () => {
  test.each<[string, AttemptMarks, boolean]>([
    ["a second before its end", { expiresAt: now + 1 }, true],
    ["at its end", { expiresAt: now }, false],
    ["after four wrong codes", { wrongGuesses: 4 }, true],
    ["after five wrong codes", { wrongGuesses: 5 }, false],
    ["that was replaced", { replacedAt: now }, false],
    ["that was denied", { deniedAt: now }, false],
    ["that was seen", { viewedAt: now }, true],
  ])("is alive or not: %s", (_what, marks, alive) => {
    expect(isAlive(attempt(marks), now)).toBe(alive);
  });
});

describe("a start", () => {
  test.each<[string, Marks, ReturnType<typeof startRefusal>]>([
    ["unclaimed", {}, null],
    ["pending", pending, null],
    ["a second before the window ends", { claimExpiresAt: now + 1 }, null],
    ["at the end of the window", { claimExpiresAt: now }, "claim_expired"],
    ["denied", denied, "claim_denied"],
    ["denied and past the window", { ...denied, claimExpiresAt: now }, "claim_denied"],
    ["denied and revoked", { ...denied, revokedAt: now }, "claim_revoked"],
    ["denied and suspended", { ...denied, suspendedAt: now }, "registration_suspended"],
    ["claimed", claimed, "claimed_or_in_flight"],
    ["claimed and revoked", { ...claimed, revokedAt: now }, "claim_revoked"],
    ["claimed and suspended", { ...claimed, suspendedAt: now }, "registration_suspended"],
    ["past its end date", { endsAt: now }, "claim_expired"],
    ["a second before its end date", { endsAt: now + 1 }, null],
  ])("is refused or not: %s", (_what, marks, refusal) => {
    expect(startRefusal(aRegistration(marks), now)).toBe(refusal);
  });
});

describe("a poll", () => {
  test.each<[string, Marks, AttemptMarks | null, ReturnType<typeof pollFinding>]>([
    ["nothing was started", {}, null, "not_started"],
    ["an attempt is open", pending, {}, "pending"],
    ["a second before the attempt ends", pending, { expiresAt: now + 1 }, "pending"],
    ["at the end of the attempt", pending, { expiresAt: now }, "expired"],
    ["after five wrong codes", pending, { wrongGuesses: 5 }, "expired"],
    ["the claim was denied", { ...pending, ...denied }, { deniedAt: now }, "denied"],
    [
      "the claim was locked",
      { ...pending, ...denied, claimEndReason: "locked" },
      { wrongGuesses: 5 },
      "denied",
    ],
    ["it was denied and the window is over", { ...pending, ...denied, claimExpiresAt: now }, {}, "denied"],
    ["the window is over", { ...pending, claimExpiresAt: now }, {}, "expired"],
    ["the window is over and nothing was started", { claimExpiresAt: now }, null, "expired"],
    ["it is approved", claimed, {}, "deliver"],
    ["it is approved and the attempt is over", claimed, { expiresAt: now - 1 }, "deliver"],
    ["it is approved and delivered", { ...claimed, collectedAt: now }, {}, "unusable"],
    [
      "it is approved, the window over, within ten minutes",
      { ...claimed, claimedAt: now - 599, claimExpiresAt: now },
      {},
      "deliver",
    ],
    [
      "it is approved, the window over, after ten minutes",
      { ...claimed, claimedAt: now - 600, claimExpiresAt: now },
      {},
      "unusable",
    ],
    [
      "it is approved long ago and the window is open",
      { ...claimed, claimedAt: now - day, claimExpiresAt: now + 1 },
      {},
      "deliver",
    ],
    ["it is revoked", { ...claimed, revokedAt: now }, {}, "unusable"],
    ["it is revoked after a denial", { ...denied, revokedAt: now }, {}, "unusable"],
    ["it is suspended", { ...pending, suspendedAt: now }, {}, "unusable"],
    ["it is past its end date", { ...claimed, endsAt: now }, {}, "unusable"],
  ])("finds what is there when %s", (_what, marks, attemptMarks, finding) => {
    const found = attemptMarks === null ? null : attempt(attemptMarks);
    expect(pollFinding(aRegistration(marks), found, now)).toBe(finding);
  });

  test("may deliver until the window ends, and ten minutes after the approval at least", () => {
    const until = (claimedAt: number) => deliverableUntil(aRegistration({ claimedAt, claimExpiresAt: now }));
    expect(until(now - 601)).toBe(now);
    expect(until(now - 600)).toBe(now);
    expect(until(now - 599)).toBe(now + 1);
    expect(until(now - 1)).toBe(now + 599);
  });
});

describe("the page's gate", () => {
  test.each<[string, Marks, AttemptMarks, ReturnType<typeof claimGate>]>([
    ["an open attempt", pending, {}, "open"],
    ["a second before the attempt ends", pending, { expiresAt: now + 1 }, "open"],
    ["at the end of the attempt", pending, { expiresAt: now }, "expired"],
    ["at the end of the window", { ...pending, claimExpiresAt: now }, {}, "expired"],
    ["at the end date", { ...pending, endsAt: now }, {}, "expired"],
    ["a claim that is done", claimed, {}, "claimed"],
    ["a claim that is done, by another attempt", claimed, { replacedAt: now }, "claimed"],
    ["a claim that is done and revoked", { ...claimed, revokedAt: now }, {}, "revoked"],
    ["a suspended registration", { ...pending, suspendedAt: now }, {}, "suspended"],
    ["a denied claim", { ...pending, ...denied }, { deniedAt: now }, "denied"],
    ["a locked claim", { ...pending, ...denied, claimEndReason: "locked" }, {}, "locked"],
    ["a replaced attempt", pending, { replacedAt: now }, "replaced"],
    ["an attempt without guesses left", pending, { wrongGuesses: 5 }, "too_many_guesses"],
    ["an attempt with one guess left", pending, { wrongGuesses: 4 }, "open"],
  ])("stops at %s", (_what, marks, attemptMarks, gate) => {
    expect(claimGate(aRegistration(marks), attempt(attemptMarks), now)).toBe(gate);
  });

  test.each<[string, string, boolean, boolean]>([
    ["their own proven address", "alice@example.com", true, true],
    ["their own proven address in capitals", "ALICE@Example.com", true, true],
    ["their own unproven address", "alice@example.com", false, false],
    ["another address", "bob@example.com", true, false],
    ["no address", "", true, false],
  ])("knows the hinted person by %s", (_what, email, emailVerified, hinted) => {
    expect(isHintedPerson(attempt({ loginHint: "alice@example.com" }), { email, emailVerified })).toBe(
      hinted,
    );
  });
});
