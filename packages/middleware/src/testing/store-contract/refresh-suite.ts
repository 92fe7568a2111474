/** Owns what the groups about refresh tokens share: families with their registrations, and what may be done to them. */
import assert from "node:assert/strict";
import type { RefreshFamily, Registration } from "../../protocol/model.js";
import { aLink, aRefreshFamily, aToken, someTime } from "../builders.js";
import { anIdentity } from "./identity-suite.js";
import { eventOf, now, reread, type Suite, store as storeRegistration, withoutEffect } from "./suite.js";

/** Until when a rotated token is good. */
export const until = now + 86_400;

/** A family and its registration. */
export interface Chain {
  registration: Registration;
  family: RefreshFamily;
}

/** A claimed registration of generation 2 that carries a person at a provider. */
export function claimed(overrides: Partial<Registration> = {}): Registration {
  return anIdentity(aLink(), { userId: "user_alice", claimedAt: someTime, generation: 2, ...overrides });
}

/** What the groups about refresh tokens do, on the store of the running test. */
export function chainsOf(suite: Suite) {
  const deliver = ({ registration, family }: Chain) =>
    suite.store().collectClaim({
      token: aToken({ registrationId: registration.id, generation: 2 }),
      refreshFamily: family,
      now: someTime,
      audit: [],
    });
  /** The family is stored as it is given, whatever its own fields say of it. */
  const begun = async (
    overrides: { family?: Partial<RefreshFamily>; registration?: Partial<Registration> } = {},
  ): Promise<Chain> => {
    const registration = await storeRegistration(suite.store(), claimed(overrides.registration));
    const family = aRefreshFamily({ registrationId: registration.id, generation: 2, ...overrides.family });
    assert.equal(await deliver({ registration, family }), "collected");
    return { registration: await reread(suite.store(), registration), family };
  };
  const rotate = ({ registration, family }: Chain, sequence = family.sequence, expiresAt = until) => {
    const audit = [eventOf(registration, "assertion.refreshed")];
    return suite.store().rotateRefreshToken({ familyId: family.id, sequence, expiresAt, now, audit });
  };
  const end = ({ registration, family }: Chain, at = now) => {
    const audit = [eventOf(registration, "token.revoked")];
    return suite.store().endRefreshFamily({ familyId: family.id, now: at, audit });
  };
  const watching = ({ registration, family }: Chain) => ({
    registrations: [registration],
    families: [family],
  });
  const stored = ({ family }: Chain) => suite.store().findRefreshFamily(family.id);
  const refusesToRotate = async (chain: Chain, sequence = chain.family.sequence) => {
    const answer = await withoutEffect(suite.store(), watching(chain), () => rotate(chain, sequence));
    assert.equal(answer, false);
  };

  return { deliver, begun, rotate, end, watching, stored, refusesToRotate };
}
