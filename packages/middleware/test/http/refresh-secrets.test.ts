/** Refresh tokens through a rotation of `secrets` (PROTOCOL section 8): nobody has to register again. */

import { describe, expect, test } from "@jest/globals";
import { type DatabaseStage, databaseStage } from "../support/stages.js";
import {
  claimedAgent,
  claimsOf,
  expectUnusableAnswer,
  minter,
  partsOf,
  refresh,
  refreshed,
  revoke,
} from "./refreshing-agent.js";

const older = "the older secret of these tests, long enough for them";
const newer = "the newer secret of these tests, long enough for them";
/** Seconds until a new signing key signs. */
const keyPublishedSeconds = 300;

/** The same database under other secrets, at the same time of day. */
async function restarted(stage: DatabaseStage, ...secrets: [string, ...string[]]): Promise<DatabaseStage> {
  const next = await databaseStage({ options: { secrets }, database: stage.database });
  next.clock.set(stage.clock.now());
  return next;
}

describe("a new secret before the older one", () => {
  test("keeps tokens of the older one good, and the next token is of the new one", async () => {
    const first = await databaseStage({ options: { secrets: [older] } });
    const agent = await claimedAgent(first);
    const both = await restarted(first, newer, older);
    const next = await refreshed(both, agent.refreshToken);
    const { familyId } = partsOf(agent.refreshToken);
    expect(agent.refreshToken).toBe(minter(older)(familyId, 1));
    expect(next.refreshToken).toBe(minter(newer)(familyId, 2));
    await refreshed(both, next.refreshToken);
  });

  test("gives the same claims in the grace, and both forms of the next token are good", async () => {
    const first = await databaseStage({ options: { secrets: [older] } });
    const agent = await claimedAgent(first);
    const before = await refreshed(first, agent.refreshToken);
    const both = await restarted(first, newer, older);
    const after = await refreshed(both, agent.refreshToken);
    expect(claimsOf(after.assertion)).toEqual(claimsOf(before.assertion));
    expect(partsOf(after.refreshToken)).toEqual(partsOf(before.refreshToken));
    const [one, other] = [
      await refreshed(both, before.refreshToken),
      await refreshed(both, after.refreshToken),
    ];
    expect(one.refreshToken).toBe(other.refreshToken);
  });

  test("lets a token of the older one be given back", async () => {
    const first = await databaseStage({ options: { secrets: [older] } });
    const agent = await claimedAgent(first);
    const both = await restarted(first, newer, older);
    expect((await revoke(both, agent.refreshToken)).status).toBe(200);
    expectUnusableAnswer(await refresh(both, agent.refreshToken));
  });
});

describe("a secret that was dropped", () => {
  test("makes its tokens worthless, not those given since", async () => {
    const first = await databaseStage({ options: { secrets: [older] } });
    const agent = await claimedAgent(first);
    const both = await restarted(first, newer, older);
    const { kid } = await both.auth.rotateKeys();
    both.clock.advance(keyPublishedSeconds);
    const next = await refreshed(both, agent.refreshToken);
    // What a retired key waits for, without the wait.
    await first.database.run("DELETE FROM signing_keys WHERE kid <> ?", [kid]);
    const only = await restarted(both, newer);
    expectUnusableAnswer(await refresh(only, agent.refreshToken));
    expect((await revoke(only, agent.refreshToken)).status).toBe(200);
    await refreshed(only, next.refreshToken);
  });
});
