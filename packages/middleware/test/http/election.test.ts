/** Of several instances one ends what is over, as long as it is there; all of them delete; and a call of the host does both. */
import { afterEach, beforeEach, expect, jest, test } from "@jest/globals";
import { testDatabase } from "../support/database.js";
import { closeAfterTest } from "../support/stages.js";
import { callApi, exchange, register, type World, world } from "../support/world.js";

const day = 86_400;
/** Somewhat more than the longest time from one sweep to the next. */
const aSweep = 70_000;

beforeEach(() => {
  jest.useFakeTimers({
    doNotFake: [
      ...(["Date", "hrtime", "nextTick", "performance", "queueMicrotask"] as const),
      ...(["setImmediate", "clearImmediate", "setTimeout", "clearTimeout"] as const),
    ],
  });
});
afterEach(() => {
  jest.useRealTimers();
});

test("the one that was elected ends registrations, another one deletes and leaves those, and takes over", async () => {
  const database = await testDatabase();
  closeAfterTest(() => database.destroy());
  const instance = () => world({ options: { storage: database.storage, backgroundWork: true } });
  const ended = async () =>
    (await database.rows("audit_events")).filter(({ type }) => type === "registration.expired").length;
  const tokens = async () => (await database.rows("access_tokens")).length;
  /** Lets time pass, sweep by sweep: one that comes while the last is still at work does nothing. */
  const until = async (isTrue: () => Promise<boolean>) => {
    while (!(await isTrue())) {
      jest.advanceTimersByTime(aSweep);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  };
  const agentOf = async (stage: World) => {
    const { body } = await register.anonymous(stage);
    const { access_token: token } = (await exchange(stage, body.identity_assertion)).body;
    expect((await callApi(stage, token)).status).toBe(200);
  };

  const first = await instance();
  await agentOf(first);
  first.clock.advance(3 * day);
  await until(async () => (await ended()) === 1 && (await tokens()) === 0);
  await first.close();

  const second = await instance();
  closeAfterTest(() => second.close());
  await agentOf(second);
  second.clock.advance(3 * day);
  await until(async () => (await tokens()) === 0);
  // Nobody has told the database that the first one is gone, so its time has to run out.
  expect(await ended()).toBe(1);
  await database.run("UPDATE leases SET expires_at = 0");
  await until(async () => (await ended()) === 2);

  await agentOf(second);
  second.clock.advance(3 * day);
  await database.run("UPDATE leases SET holder = 'somebody'");
  await second.auth.sweep();
  expect([await ended(), await tokens()]).toEqual([3, 0]);
});
