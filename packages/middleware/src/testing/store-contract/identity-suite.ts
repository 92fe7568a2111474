/** Owns what the groups about identity assertions share: the inputs of their verbs, and the terms every bind is under. */
import assert from "node:assert/strict";
import type { Store } from "../../ports.js";
import type { AttemptLink, Registration } from "../../protocol/model.js";
import { anAttempt, anAuditEvent, aRegistration, someTime } from "../builders.js";
import { assertSame, eventOf, now, type Suite, type Watched, withoutEffect } from "./suite.js";

type Input<Verb extends keyof Store> = Store[Verb] extends (input: infer Given) => unknown ? Given : never;

const scopes = ["api.read", "api.write"];

/** The registration that is prepared for an ID-JAG. */
export function anIdentity(terms: AttemptLink, overrides: Partial<Registration> = {}): Registration {
  return aRegistration({
    kind: "identity_assertion",
    issuer: terms.issuer,
    subject: terms.subject,
    idJagIssuedAt: terms.issuedAt,
    ...overrides,
  });
}

/** Admits somebody who is linked by it, unless the overrides say otherwise. */
export function admission(
  terms: AttemptLink,
  overrides: Partial<Input<"admitByIdJag">> = {},
): Input<"admitByIdJag"> {
  const claimed = { userId: terms.userId, claimedAt: now, collectedAt: now, claimTokenHash: null };
  const registration = anIdentity(terms, { ...claimed, scopes });
  const audit = [
    eventOf(registration, "registration.created"),
    eventOf(registration, "assertion.issued"),
    ...(overrides.link === false ? [] : [eventOf(registration, "delegation.created")]),
  ];
  return { terms, link: true, registration, now, audit, ...overrides };
}

/** Opens the claim of somebody who has to approve. */
export function stepUp(
  terms: AttemptLink,
  overrides: Partial<Input<"openStepUp">> = {},
): Input<"openStepUp"> {
  const registration = anIdentity(terms, { scopes: [], idJagIssuedAt: terms.issuedAt });
  const at = overrides.now ?? now;
  const attempt = anAttempt({
    registrationId: registration.id,
    createdAt: at,
    expiresAt: at + 600,
    link: terms,
  });
  const audit = [
    { ...eventOf(registration, "claim.requested"), actor: { kind: "agent", id: registration.id } },
  ];
  return { terms, registration, attempt, maxPerHour: 5, now: at, audit, ...overrides } as Input<"openStepUp">;
}

/** Binds an anonymous registration. */
export function binding(
  terms: AttemptLink,
  registration: Registration,
  overrides: Partial<Input<"bindByIdJag">> = {},
): Input<"bindByIdJag"> {
  const { id: registrationId, generation, currentAttemptId: expectedAttemptId } = registration;
  const audit = [eventOf(registration, "claim.confirmed"), eventOf(registration, "delegation.created")];
  return {
    terms,
    link: true,
    registrationId,
    generation,
    expectedAttemptId,
    scopes,
    now,
    audit,
    ...overrides,
  };
}

/** Lets the user of the attempt's link confirm it, with one scope left ticked. */
export function confirmation(
  { registration, attempt }: { registration: Registration; attempt: { id: string } },
  userId = "user_alice",
): Input<"confirmClaim"> {
  return {
    attemptId: attempt.id,
    registrationId: registration.id,
    generation: registration.generation,
    userId,
    scopes: ["api.read"],
    now,
    audit: [eventOf(registration, "claim.confirmed"), eventOf(registration, "delegation.created")],
  };
}

/** Reserves the creation of a user for half a minute. */
export function reservation(
  { issuer, subject, version, issuedAt }: AttemptLink,
  overrides: Partial<Input<"reserveDelegation">> = {},
): Input<"reserveDelegation"> {
  const lease = { gone: null, idempotencyKey: "key_1", leaseUntil: now + 30, now };
  return { issuer, subject, version, issuedAt, ...lease, ...overrides };
}

let events = 0;

/** The provider takes back what it said of a person, in the second of the ID-JAG unless the overrides say otherwise. */
export function revocation(
  { issuer, subject, issuedAt }: AttemptLink,
  overrides: Partial<Input<"applySecurityEvent">> = {},
): Input<"applySecurityEvent"> {
  events += 1;
  return {
    issuer,
    subject,
    kind: "revoke",
    jti: `event_${events}`,
    issuedAt,
    rememberUntil: now + 86_400,
    actor: { kind: "provider", id: issuer },
    reason: "provider_revoked",
    now,
    audit: [anAuditEvent({ type: "event.received" })],
    registrationEvent: anAuditEvent({ type: "registration.revoked" }),
    delegationEvent: anAuditEvent({ type: "delegation.deleted" }),
    ...overrides,
  };
}

/** Links the person and returns the terms of whoever reads the row afterwards. */
export async function linkPerson(store: Store, terms: AttemptLink): Promise<AttemptLink> {
  assert.equal((await store.admitByIdJag(admission(terms))).outcome, "admitted");
  return reread(store, terms);
}

/** The terms of whoever reads the row now. */
export async function reread(store: Store, terms: AttemptLink): Promise<AttemptLink> {
  const delegation = await store.findDelegation(terms.issuer, terms.subject);
  return { ...terms, version: delegation?.version ?? 0 };
}

/** Leaves a row that names nobody. */
export async function createRow(store: Store, terms: AttemptLink): Promise<void> {
  const { issuer, subject } = terms;
  assert.equal((await store.reserveDelegation(reservation(terms))).outcome, "reserved");
  await store.releaseReservation({ issuer, subject, idempotencyKey: "key_1" });
}

const revoke = (store: Store, terms: AttemptLink) => store.applySecurityEvent(revocation(terms));

/** Terms, how the row came to be, and whether they hold: the same for every verb that binds. */
const cases: [
  string,
  boolean,
  Partial<AttemptLink>,
  (store: Store, terms: AttemptLink) => Promise<unknown>,
][] = [
  ["version 0 when there is no row", true, {}, async () => {}],
  ["version 1 when there is no row", false, { version: 1 }, async () => {}],
  ["version 0 when somebody has created the row meanwhile", true, {}, createRow],
  ["version 1 of a row that names nobody", true, { version: 1 }, createRow],
  ["a version the row has not had yet", false, { version: 2 }, createRow],
  ["version 0 when a revocation has created the row", false, { issuedAt: someTime + 1 }, revoke],
  ["the version before a revocation", false, { version: 1, issuedAt: someTime + 1 }, revoke],
  ["an ID-JAG of the second of the revocation", false, { version: 2, issuedAt: someTime }, revoke],
  ["an ID-JAG of the second before the revocation", false, { version: 2, issuedAt: someTime - 1 }, revoke],
  ["an ID-JAG of the second after the revocation", true, { version: 2, issuedAt: someTime + 1 }, revoke],
];

/** Describes under which terms a verb works, and that it changes nothing under others. */
export function describeTerms(
  suite: Suite,
  link: () => AttemptLink,
  act: (
    terms: AttemptLink,
  ) => Promise<{ call: () => Promise<unknown>; watched: Watched; good: unknown; bad: unknown }>,
): void {
  for (const [title, holds, overrides, prepare] of cases) {
    suite.it(`${holds ? "accepts" : "refuses, and changes nothing for,"} ${title}`, async () => {
      const person = link();
      await prepare(suite.store(), person);
      const terms = { ...person, ...overrides };
      const { call, watched, good, bad } = await act(terms);
      if (holds) assertSame(await call(), good);
      else assertSame(await withoutEffect(suite.store(), { ...watched, pairs: [terms] }, call), bad);
    });
  }
}
