/** What goes wrong between a store and its PostgreSQL server: what is tried again, what is 503, and that nothing is half done. */
import pg from "pg";
import { StoreUnavailable } from "../../src/ports.js";
import { anAuditEvent, aToken } from "../../src/testing/builders.js";
import { serverUrl } from "../support/postgres.js";
import { closeAfterTest } from "../support/stages.js";
import {
  claimed,
  type FailureStage,
  failureOf,
  failureStage,
  now,
  somebodyElse,
  stored,
} from "./postgres-failure-stage.js";

/** As it travels: the end of a simple query is a NUL, which tells it from READ COMMITTED. */
const commit = "COMMIT\0";
let place: FailureStage["place"];
let proxy: FailureStage["proxy"];
let open: FailureStage["open"];

beforeEach(async () => {
  ({ place, proxy, open } = await failureStage());
});

describe("a connection that is gone", () => {
  it("is replaced unseen for reads and for verbs, when it ended while nobody used it", async () => {
    const store = await open();
    const { id } = await stored(store);
    for (let round = 0; round < 5; round += 1) {
      await place.query(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = $1",
        [place.schema],
      );
      expect((await store.findRegistration(id))?.id).toBe(id);
      proxy.cutAll();
      const suspended = round % 2 === 0;
      expect(await store.setSuspended({ registrationId: id, suspended, now, audit: [] })).toBe(true);
    }
  });

  it("in the middle of a verb has it done once, as if nothing had been", async () => {
    const store = await open();
    const { registrationId, token, collect } = await claimed(store);
    proxy.cutAt("SET collected_at", "before");
    expect(await collect()).toBe("collected");
    expect(await store.findAccessToken(token.hash)).not.toBeNull();
    expect(await store.listAudit({ registrationId, limit: 10 })).toHaveLength(1);
  });

  it("before the server had the COMMIT leaves nothing, and the verb can be called again", async () => {
    const store = await open();
    const { registrationId, token, refreshFamily, collect } = await claimed(store);
    proxy.cutAt(commit, "before");
    expect(await failureOf(collect())).toBeInstanceOf(StoreUnavailable);
    expect((await store.findRegistration(registrationId))?.collectedAt).toBeNull();
    expect(await store.findAccessToken(token.hash)).toBeNull();
    expect(await store.findRefreshFamily(refreshFamily.id)).toBeNull();
    expect(await store.listAudit({ registrationId, limit: 10 })).toEqual([]);
    expect(await collect()).toBe("collected");
  });

  it("after the server had the COMMIT is not tried again: nobody knows, and it is done once", async () => {
    const store = await open();
    const { registrationId, collect } = await claimed(store);
    proxy.cutAt(commit, "after", commit);
    expect(await failureOf(collect())).toBeInstanceOf(StoreUnavailable);
    expect((await store.findRegistration(registrationId))?.collectedAt).toBe(now);
    expect(await collect()).toBe("already_collected");
    expect(await store.listAudit({ registrationId, limit: 10 })).toHaveLength(1);
  });

  it("never has a limit counted twice", async () => {
    const store = await open();
    await store.consumeLimit({ key: "one", windowSeconds: 60 });
    proxy.cutAt("rate_limits", "after");
    expect(await failureOf(store.consumeLimit({ key: "one", windowSeconds: 60 }))).toBeInstanceOf(
      StoreUnavailable,
    );
    expect((await store.consumeLimit({ key: "one", windowSeconds: 60 })).used).toBeLessThan(4);
  });
});

describe("a server", () => {
  it("that is away is unavailable to every kind of verb, and back when it is", async () => {
    const store = await open();
    const registration = await stored(store);
    await proxy.refuse();
    const token = aToken({ registrationId: registration.id });
    const calls = [
      () => store.ping(),
      () => store.findAccessToken(token.hash),
      () => store.issueAccessToken({ token, now, audit: [anAuditEvent()] }),
      () => store.lockClaim({ registrationId: registration.id, now, audit: [] }),
      () => store.consumeLimit({ key: "away", windowSeconds: 60 }),
    ];
    for (const call of calls) expect(await failureOf(call())).toBeInstanceOf(StoreUnavailable);
    await proxy.accept();
    expect(await store.findRegistration(registration.id)).toEqual(registration);
    expect(await store.listAudit({ limit: 10 })).toEqual([]);
    expect(await store.issueAccessToken({ token, now, audit: [] })).toBe(true);
  });

  it("that falls silent is given up after a bounded time", async () => {
    const store = await open({ statementTimeoutMilliseconds: 100, connectTimeoutMilliseconds: 1500 });
    const { id } = await stored(store);
    proxy.fallSilent();
    expect(await failureOf(store.findRegistration(id))).toBeInstanceOf(StoreUnavailable);
    expect(
      await failureOf(store.setSuspended({ registrationId: id, suspended: true, now, audit: [] })),
    ).toBeInstanceOf(StoreUnavailable);
  }, 20_000);

  it("that has no connection left is unavailable", async () => {
    const administration = await somebodyElse(place);
    await administration.query(
      `CREATE ROLE limited LOGIN CONNECTION LIMIT 1; GRANT ALL ON SCHEMA "${place.schema}" TO limited;
       GRANT ALL ON ALL TABLES IN SCHEMA "${place.schema}" TO limited`,
    );
    closeAfterTest(() => administration.query("DROP OWNED BY limited; DROP ROLE limited"));
    const url = serverUrl().replace("postgres@", "limited@");
    const store = await open({}, url);
    const other = new pg.Client(url);
    // The only connection is the pool's; a second one at once is one too many.
    const calls = await Promise.all(
      Array.from({ length: 4 }, () => failureOf(store.findRegistration("reg_of_nobody"))),
    );
    expect(calls.filter((answer) => answer instanceof StoreUnavailable).length).toBeGreaterThan(0);
    expect(await failureOf(other.connect())).toMatchObject({ code: "53300" });
    expect(await store.findRegistration("reg_of_nobody")).toBeNull();
    await store.close();
  });
});

describe("a row that somebody else holds", () => {
  it("makes the verb unavailable after its time, lets reads through, and nothing has changed", async () => {
    const store = await open({ lockTimeoutMilliseconds: 200 });
    const registration = await stored(store, { currentAttemptId: "att_1" });
    const holder = await somebodyElse(place);
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM registrations WHERE id = $1 FOR UPDATE", [registration.id]);
    const { id: registrationId } = registration;
    const audit = [anAuditEvent()];
    const calls = [
      () => store.setSuspended({ registrationId, suspended: true, now, audit }),
      () => store.issueAccessToken({ token: aToken({ registrationId }), now, audit }),
      () => store.recordPoll({ registrationId, step: 5, ceiling: 60, now }),
    ];
    for (const call of calls) {
      const failure = await failureOf(call());
      expect(failure).toBeInstanceOf(StoreUnavailable);
      expect((failure as Error).cause).toMatchObject({ code: "55P03" });
      expect(await store.findRegistration(registrationId)).toEqual(registration);
    }
    await holder.query("ROLLBACK");
    expect(await store.listAudit({ limit: 10 })).toEqual([]);
    expect(await store.setSuspended({ registrationId, suspended: true, now, audit })).toBe(true);
  });

  it("ends a statement that takes too long", async () => {
    const store = await open({ statementTimeoutMilliseconds: 200, lockTimeoutMilliseconds: 60_000 });
    const { id: registrationId } = await stored(store);
    const holder = await somebodyElse(place);
    await holder.query("BEGIN; LOCK TABLE registrations IN ACCESS EXCLUSIVE MODE");
    const failure = await failureOf(store.findRegistration(registrationId));
    expect(failure).toBeInstanceOf(StoreUnavailable);
    expect((failure as Error).cause).toMatchObject({ code: "57014" });
    await holder.query("ROLLBACK");
    expect((await store.findRegistration(registrationId))?.id).toBe(registrationId);
  });

  it("leaves others waiting for a connection no longer than they may", async () => {
    const store = await open({
      max: 1,
      connectTimeoutMilliseconds: 1500,
      lockTimeoutMilliseconds: 20_000,
      statementTimeoutMilliseconds: 20_000,
    });
    const { id: registrationId } = await stored(store);
    const holder = await somebodyElse(place);
    await holder.query("BEGIN");
    await holder.query("SELECT 1 FROM registrations WHERE id = $1 FOR UPDATE", [registrationId]);
    const waiting = store.setSuspended({ registrationId, suspended: true, now, audit: [] });
    expect(await failureOf(store.findRegistration(registrationId))).toBeInstanceOf(StoreUnavailable);
    await holder.query("ROLLBACK");
    expect(await waiting).toBe(true);
    expect((await store.findRegistration(registrationId))?.suspendedAt).toBe(now);
  });
});
