/**
 * Owns the executable meaning of `Store`. Whoever brings a store of their own runs `describeStore` on it, with jest,
 * vitest or any runner that puts `describe`, `it`, `beforeEach` and `afterEach` into the global scope. Nothing in it
 * can be skipped: a store that fails one case lets two requests win, or forgets a revocation.
 */
import { describeAdmission } from "./store-contract/admission.js";
import { describeAttempts } from "./store-contract/attempts.js";
import { describeAudit } from "./store-contract/audit.js";
import { describeBinding } from "./store-contract/binding.js";
import { describeClaims } from "./store-contract/claims.js";
import { describeCollecting } from "./store-contract/collecting.js";
import { describeConfirmed } from "./store-contract/confirmed.js";
import { describeDelegations } from "./store-contract/delegations.js";
import { describeErasing } from "./store-contract/erasing.js";
import { describeGuesses } from "./store-contract/guesses.js";
import { describeInterleavings } from "./store-contract/interleavings.js";
import { describeJwtIds } from "./store-contract/jwt-ids.js";
import { describeKeys } from "./store-contract/keys.js";
import { describeLeases } from "./store-contract/leases.js";
import { describeLimits } from "./store-contract/limits.js";
import { describeLinking } from "./store-contract/linking.js";
import { describeMail } from "./store-contract/mail.js";
import { describeMailOfEvents } from "./store-contract/mail-of-events.js";
import { describeOperatorLimits } from "./store-contract/operator-limits.js";
import { describeProviders } from "./store-contract/providers.js";
import { describeReadBack } from "./store-contract/read-back.js";
import { describeRefresh } from "./store-contract/refresh.js";
import { describeRefreshEndings } from "./store-contract/refresh-endings.js";
import { describeRegistrations } from "./store-contract/registrations.js";
import { describeRetention } from "./store-contract/retention.js";
import { describeRoundTrips } from "./store-contract/round-trips.js";
import { describeSecurityEvents } from "./store-contract/security-events.js";
import { describeStandingApart } from "./store-contract/standing-apart.js";
import { describeStepUp } from "./store-contract/step-up.js";
import { type OpenStore, prepareSuite } from "./store-contract/suite.js";
import { describeSweeping } from "./store-contract/sweeping.js";
import { describeSwitchedOff } from "./store-contract/switched-off.js";
import { describeTeardown } from "./store-contract/teardown.js";
import { describeTokens } from "./store-contract/tokens.js";
import { describeUniqueness } from "./store-contract/uniqueness.js";

export type { OpenedStore, OpenStore } from "./store-contract/suite.js";

/**
 * Describes what every store must do. `open` gives an empty store; `reopen`, where a store outlives its process,
 * closes it and opens the same data again; `destroy` closes it and removes the data. `crowd` is how many callers race.
 */
export function describeStore(name: string, open: OpenStore, { crowd = 20 } = {}): void {
  const suite = prepareSuite(open, crowd);
  suite.describe(`${name} keeps the contract of Store`, () => {
    suite.openForEachTest();
    describeRoundTrips(suite);
    describeUniqueness(suite);
    describeRegistrations(suite);
    describeAttempts(suite);
    describeGuesses(suite);
    describeClaims(suite);
    describeReadBack(suite);
    describeConfirmed(suite);
    describeCollecting(suite);
    describeTokens(suite);
    describeRefresh(suite);
    describeRefreshEndings(suite);
    describeTeardown(suite);
    describeSweeping(suite);
    describeLeases(suite);
    describeRetention(suite);
    describeErasing(suite);
    describeKeys(suite);
    describeAudit(suite);
    describeMail(suite);
    describeMailOfEvents(suite);
    describeLimits(suite);
    describeJwtIds(suite);
    describeProviders(suite);
    describeDelegations(suite);
    describeAdmission(suite);
    describeStepUp(suite);
    describeBinding(suite);
    describeLinking(suite);
    describeSecurityEvents(suite);
    describeInterleavings(suite);
    describeStandingApart(suite);
    describeOperatorLimits(suite);
    describeSwitchedOff(suite);
  });
}
