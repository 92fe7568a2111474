/** The connection that reads of guarded calls share: everybody gets their own answer, and nobody loses one with it. */

import { type Store, StoreUnavailable } from "../../src/ports.js";
import type { AccessToken } from "../../src/protocol/model.js";
import { aToken } from "../../src/testing/builders.js";
import {
  type FailureStage,
  failureOf,
  failureStage,
  now,
  somebodyElse,
  stored,
} from "./postgres-failure-stage.js";

let stage: FailureStage;

beforeEach(async () => {
  stage = await failureStage();
});

/** Registrations with a token each. The first read tells the store that its driver can send several at once. */
async function withTokens(store: Store, count: number) {
  const tokens: AccessToken[] = [];
  for (let number = 0; number < count; number += 1) {
    const token = aToken({ registrationId: (await stored(store)).id });
    await store.issueAccessToken({ token, now, audit: [] });
    tokens.push(token);
  }
  const [first = aToken()] = tokens;
  await store.findAccessToken(first.hash);
  return { tokens, first };
}

const findAll = (store: Store, tokens: AccessToken[]) =>
  Promise.all(tokens.map(async ({ hash }) => (await store.findAccessToken(hash))?.token));

describe("reads at the same time", () => {
  it("travel on one connection, and each gets its own answer", async () => {
    const store = await stage.open();
    const { tokens } = await withTokens(store, 30);
    expect(await findAll(store, tokens)).toEqual(tokens);
    const connections = "SELECT pid FROM pg_stat_activity WHERE application_name = $1";
    expect(await stage.place.query(connections, [stage.place.schema])).toHaveLength(1);
  });

  it("are all answered when their connection is lost under them", async () => {
    const store = await stage.open();
    const { tokens, first } = await withTokens(store, 30);
    stage.proxy.cutAt(first.hash, "before");
    expect(await findAll(store, tokens)).toEqual(tokens);
  });

  it("go on while verbs that write hold every connection but one", async () => {
    const store = await stage.open({ max: 2, lockTimeoutMilliseconds: 20_000 });
    const { tokens, first } = await withTokens(store, 3);
    const rival = await somebodyElse(stage.place);
    const { registrationId } = first;
    await rival.query("BEGIN");
    await rival.query("SELECT 1 FROM registrations WHERE id = $1 FOR UPDATE", [registrationId]);
    const suspending = store.setSuspended({ registrationId, suspended: true, now, audit: [] });
    const crowd = Array.from({ length: 40 }, () => tokens).flat();
    expect(await findAll(store, crowd)).toEqual(crowd);
    await rival.query("COMMIT");
    expect(await suspending).toBe(true);
    expect((await store.findAccessToken(first.hash))?.holder.suspendedAt).toBe(now);
  });

  it("are all unavailable while the server is away, and answered once it is back", async () => {
    const store = await stage.open();
    const { tokens } = await withTokens(store, 5);
    await stage.proxy.refuse();
    for (const answer of await Promise.all(tokens.map(({ hash }) => failureOf(store.findAccessToken(hash)))))
      expect(answer).toBeInstanceOf(StoreUnavailable);
    await stage.proxy.accept();
    expect(await findAll(store, tokens)).toEqual(tokens);
  });
});
