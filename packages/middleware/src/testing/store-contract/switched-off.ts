/** Owns the part of the contract about an issuer that operators have switched off: nothing of it gets any further. */
import assert from "node:assert/strict";
import type { Store } from "../../ports.js";
import type { AttemptLink } from "../../protocol/model.js";
import { aLink, anAttempt, aProvider, aRefreshFamily } from "../builders.js";
import {
  admission,
  anIdentity,
  binding,
  confirmation,
  createRow,
  linkPerson,
  reservation,
  revocation,
  stepUp,
} from "./identity-suite.js";
import { revealedTo } from "./read-back.js";
import {
  assertSame,
  now,
  openClaim,
  race,
  revoked,
  type Suite,
  store as storeRegistration,
  type Watched,
  withoutEffect,
} from "./suite.js";

interface Step {
  call: () => Promise<unknown>;
  watched: Watched;
}

/** What a verb answers, as one word. */
const outcomeOf = (answer: { outcome: string }) => answer.outcome;

async function attemptWith(store: Store, terms: AttemptLink, confirmed = false) {
  return openClaim(store, {
    registration: { kind: "anonymous" },
    attempt: { link: terms, ...(confirmed ? revealedTo(terms.userId) : {}) },
  });
}

/** Every step an ID-JAG takes, ready to be taken, and what it answers where the issuer is trusted and where it is off. */
const steps: [string, unknown, unknown, (store: Store, terms: AttemptLink) => Promise<Step>][] = [
  [
    "admitByIdJag of somebody who is new",
    "admitted",
    "issuer_disabled",
    async (store, terms) => {
      const input = admission(terms);
      const call = () => store.admitByIdJag(input).then(outcomeOf);
      return { call, watched: { registrations: [input.registration] } };
    },
  ],
  [
    "admitByIdJag of a registration that is kept",
    "admitted",
    "issuer_disabled",
    async (store, terms) => {
      const input = admission(await linkPerson(store, terms), { link: false });
      return { call: () => store.admitByIdJag(input).then(outcomeOf), watched: {} };
    },
  ],
  [
    "admitByIdJag of a registration that would be revived",
    "admitted",
    "issuer_disabled",
    async (store, terms) => {
      await storeRegistration(store, anIdentity(terms, revoked));
      return { call: () => store.admitByIdJag(admission(terms)).then(outcomeOf), watched: {} };
    },
  ],
  [
    "bindByIdJag",
    "bound",
    "issuer_disabled",
    async (store, terms) => {
      const registration = await storeRegistration(store);
      const call = () => store.bindByIdJag(binding(terms, registration));
      return { call, watched: { registrations: [registration] } };
    },
  ],
  [
    "reserveDelegation",
    "reserved",
    "issuer_disabled",
    async (store, terms) => {
      await createRow(store, terms);
      return { call: () => store.reserveDelegation(reservation(terms)).then(outcomeOf), watched: {} };
    },
  ],
  [
    "openStepUp",
    "started",
    "issuer_disabled",
    async (store, terms) => {
      const input = stepUp(terms);
      const call = () => store.openStepUp(input).then(outcomeOf);
      return { call, watched: { registrations: [input.registration], attempts: [input.attempt] } };
    },
  ],
  [
    "startAttempt with a link",
    "started",
    "issuer_disabled",
    async (store, terms) => {
      const registration = await storeRegistration(store);
      const attempt = anAttempt({ registrationId: registration.id, link: terms });
      const input = { attempt, pollInterval: 5, maxPerHour: 5, now, audit: [] };
      const call = () => store.startAttempt(input).then(outcomeOf);
      return { call, watched: { registrations: [registration], attempts: [attempt] } };
    },
  ],
  [
    "confirmClaim of an attempt with a link",
    true,
    false,
    async (store, terms) => {
      const claim = await attemptWith(store, terms);
      const call = () => store.confirmClaim(confirmation(claim));
      return { call, watched: { registrations: [claim.registration], attempts: [claim.attempt] } };
    },
  ],
  [
    "confirmClaim of an attempt with a link that a person has authorised before",
    true,
    false,
    async (store, terms) => {
      const claim = await attemptWith(store, terms, true);
      const { id: registrationId } = claim.registration;
      const refreshFamily = aRefreshFamily({ registrationId, generation: 2 });
      const call = () => store.confirmClaim({ ...confirmation(claim), delivery: { refreshFamily } });
      const watched = {
        registrations: [claim.registration],
        attempts: [claim.attempt],
        families: [refreshFamily],
      };
      return { call, watched };
    },
  ],
];

/** Describes every verb that takes an ID-JAG further. */
export function describeSwitchedOff(suite: Suite): void {
  const set = (issuer: string, disabled: boolean, fromOptions: boolean) =>
    suite.store().setProviderDisabled({
      issuer,
      disabled,
      entry: fromOptions ? aProvider({ issuer }) : null,
      now,
      audit: [],
    });
  const add = (issuer: string) =>
    suite.store().saveProvider({ provider: aProvider({ issuer }), seen: null, now, audit: [] });

  suite.describe("an issuer that is switched off", () => {
    for (const [title, good, bad, prepare] of steps) {
      for (const fromOptions of [false, true]) {
        const where = fromOptions ? "from the options" : "operators have added";
        suite.it(`stops ${title}, until it is on again: one ${where}`, async () => {
          const terms = aLink();
          const { issuer } = terms;
          if (!fromOptions) await add(issuer);
          const { call, watched } = await prepare(suite.store(), terms);
          assert.equal(await set(issuer, true, fromOptions), true);
          const answer = await withoutEffect(suite.store(), { ...watched, pairs: [terms] }, call);
          assertSame(answer, bad);
          assert.equal(await set(issuer, false, fromOptions), true);
          assertSame(await call(), good);
        });
      }
    }

    suite.it("is what is answered, whatever else would be refused", async () => {
      const store = suite.store();
      const terms = aLink();
      await store.applySecurityEvent(revocation(terms));
      await set(terms.issuer, true, true);
      const registration = await storeRegistration(store);
      const answers = [
        (await store.admitByIdJag(admission(terms))).outcome,
        (await store.openStepUp(stepUp(terms))).outcome,
        (await store.reserveDelegation(reservation(terms))).outcome,
        await store.bindByIdJag(binding(terms, registration)),
      ];
      assertSame([...new Set(answers)], ["issuer_disabled"]);
    });

    suite.it("is nobody's business of another issuer, nor of a claim without a link", async () => {
      const store = suite.store();
      const terms = aLink();
      await set("https://other.example", true, true);
      assert.equal((await store.admitByIdJag(admission(terms))).outcome, "admitted");
      await set(terms.issuer, true, true);
      const claim = await openClaim(store);
      const attempt = anAttempt({ registrationId: claim.registration.id });
      const start = { attempt, pollInterval: 5, maxPerHour: 5, now, audit: [] };
      assert.equal((await store.startAttempt(start)).outcome, "started");
      const { registration } = claim;
      assert.equal(await store.confirmClaim(confirmation({ registration, attempt })), true);
    });

    suite.it("leaves what is bound, and takes events of it", async () => {
      const store = suite.store();
      const terms = await linkPerson(store, aLink());
      const { issuer, subject } = terms;
      const before = await store.findRegistrationBySubject(issuer, subject);
      await set(issuer, true, true);
      assertSame(await store.findRegistrationBySubject(issuer, subject), before);
      assert.equal((await store.findDelegation(issuer, subject))?.userId, terms.userId);
      assertSame(await store.applySecurityEvent(revocation(terms)), { first: true, registrations: 1 });
    });

    suite.it("lets nobody of a crowd in once it has returned", async () => {
      const store = suite.store();
      const { issuer } = aLink();
      const admit = () => store.admitByIdJag(admission(aLink({ issuer }))).then(outcomeOf);
      const before = race(admit);
      const disabled = set(issuer, true, true);
      const after = race(admit);
      assert.equal(await disabled, true);
      const created = () => store.listAudit({ type: "registration.created", limit: 1000 });
      const atOnce = await created();
      const answers = [...(await before), ...(await after)];
      assertSame(await created(), atOnce);
      assert.equal(answers.filter((answer) => answer === "admitted").length, atOnce.length);
      const refused = answers.filter((answer) => answer !== "admitted");
      assertSame([...new Set([...refused, ...(await race(admit))])], ["issuer_disabled"]);
    });
  });
}
