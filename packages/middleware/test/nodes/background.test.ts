/** Background work of several nodes at once: everything due is done, once, and nobody stands in anybody's way. */
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import pg from "pg";
import { mailServer } from "../support/mail-server.js";
import { type TestPlace, testPlace } from "../support/postgres.js";
import { closeAfterTest } from "../support/stages.js";
import * as agent from "./agent.js";
import {
  launchNode,
  type NodeProcess,
  type NodeSettings,
  type ThreeNodes,
  threeNodes,
} from "./node-process.js";
import { until } from "./until.js";

const day = 86_400;
const jobLeaseSeconds = 60;
const agents = 30;
let place: TestPlace;
const settings = (): NodeSettings => ({ storage: { url: place.url, schema: place.schema } });
const stop = (nodes: NodeProcess[]) => Promise.all(nodes.map((node) => node.kill()));
const onAll = (nodes: NodeProcess[], verb: string, input: object = {}) =>
  Promise.all(nodes.map((node) => node.act(verb, input)));

/** How often an event of a type was written, by whom it is about. */
async function eventsOf(type: string): Promise<number[]> {
  const rows = await place.query<{ count: string }>(
    "SELECT count(*) FROM audit_events WHERE type = $1 GROUP BY coalesce(registration_id, detail ->> 'mailId')",
    [type],
  );
  return rows.map(({ count }) => Number(count));
}
const onceEach = Array(agents).fill(1);

beforeAll(async () => {
  place = await testPlace();
});
beforeEach(() => place.query("TRUNCATE registrations, audit_events, mail_outbox CASCADE"));

describe("nodes that sweep and work at the same moment", () => {
  let nodes: ThreeNodes;
  beforeAll(async () => {
    nodes = await threeNodes(settings());
  }, 60_000);
  afterAll(() => stop(nodes));

  const registered = () =>
    Promise.all(
      Array.from({ length: agents }, (_, turn) =>
        agent.registerForAlice((nodes[turn % 3] as NodeProcess).origin),
      ),
    );
  const deadlocks = () =>
    place.query("SELECT deadlocks FROM pg_stat_database WHERE datname = current_database()");

  /** A fourth node, to be killed. */
  async function doomed(): Promise<NodeProcess> {
    const victim = await launchNode(settings());
    closeAfterTest(() => victim.kill());
    await victim.ready;
    return victim;
  }
  async function sweepUntilKilled(victim: NodeProcess): Promise<void> {
    const sweep = victim.act("sweep").catch(() => {});
    await nodes[0].act("health");
    await victim.kill();
    await sweep;
  }

  test("change each registration of an operator's job once, also when one of them is killed", async () => {
    const victim = await doomed();
    await registered();
    const { id } = await nodes[0].act("startJob", { action: "suspend", filter: {}, includeNew: false });
    await Promise.all([sweepUntilKilled(victim), onAll([...nodes, ...nodes], "sweep")]);
    // What the dead one held is free again.
    await onAll(nodes, "advance", { seconds: jobLeaseSeconds });
    await onAll(nodes, "sweep");
    expect(await nodes[1].act("findJob", { id })).toMatchObject({
      changed: agents,
      finishedAt: expect.any(Number),
    });
    expect(await eventsOf("registration.suspended")).toEqual(onceEach);
  });

  test("end each registration that is over once, without a deadlock, also when one of them is killed", async () => {
    const before = await deadlocks();
    const victim = await doomed();
    await registered();
    await onAll([...nodes, victim], "advance", { seconds: 2 * day });
    await Promise.all([sweepUntilKilled(victim), onAll([...nodes, ...nodes], "sweep")]);
    expect(await eventsOf("registration.expired")).toEqual(onceEach);
    expect(await deadlocks()).toEqual(before);
    expect(nodes.map((node) => node.errors())).toEqual(["", "", ""]);
  });
});

describe("mail of nodes whose background work is on", () => {
  const leaseSeconds = 120;
  const send = (origins: string[], count: number) =>
    Promise.all(
      Array.from({ length: count }, (_, turn) =>
        agent.registerForAlice(origins[turn % origins.length] as string),
      ),
    );

  test("goes out exactly once each", async () => {
    const server = await mailServer();
    const nodes = await threeNodes({ ...settings(), mail: server.url, backgroundWork: true });
    closeAfterTest(() => stop(nodes));
    await send(
      nodes.map(({ origin }) => origin),
      agents,
    );
    await until(async () => (await eventsOf("mail.sent")).length === agents);
    await onAll(nodes, "sweep");
    expect(server.mails).toHaveLength(agents);
    expect(new Set(server.mails.map(({ parsed }) => parsed.messageId)).size).toBe(agents);
    expect(await eventsOf("mail.sent")).toEqual(onceEach);
    expect(nodes.map((node) => node.errors())).toEqual(["", "", ""]);
  });

  /** A node with a mail on its way out, which is killed, and the one that comes to send what it leaves. */
  async function orphaned(isInTheMiddle: () => Promise<boolean>, url: string): Promise<NodeProcess> {
    const sender = { ...settings(), mail: url };
    const [victim, heir] = await Promise.all([launchNode(sender), launchNode(sender)]);
    closeAfterTest(() => stop([victim, heir]));
    await Promise.all([victim.ready, heir.ready]);
    await send([victim.origin], 1);
    await until(isInTheMiddle);
    await victim.kill();
    return heir;
  }

  test("is sent by another node when its sender is killed before the server had it, when the lease is over", async () => {
    const server = await mailServer();
    server.onMessage = () => "never";
    const heir = await orphaned(async () => server.asked.length === 1, server.url);
    server.onMessage = () => null;
    await heir.act("sweep");
    expect(server.mails).toEqual([]);
    await heir.act("advance", { seconds: leaseSeconds });
    await heir.act("sweep");
    expect(server.mails).toHaveLength(1);
    expect(await eventsOf("mail.sent")).toEqual([1]);
  });

  test("goes out a second time, under the same Message-ID, when its sender is killed before it noted that the server had it", async () => {
    const server = await mailServer();
    // Whoever notes that a mail was sent waits for a lock that the test holds.
    await place.query(`
      CREATE TABLE gate ();
      CREATE FUNCTION wait_at_gate() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        LOCK TABLE "${place.schema}".gate IN SHARE MODE; RETURN NEW; END $$;
      CREATE TRIGGER gate BEFORE UPDATE OF sent_at ON mail_outbox FOR EACH ROW EXECUTE FUNCTION wait_at_gate();`);
    const keeper = new pg.Client(place.url);
    await keeper.connect();
    closeAfterTest(() => keeper.end());
    await keeper.query(`BEGIN; LOCK TABLE "${place.schema}".gate IN ACCESS EXCLUSIVE MODE`);
    const heir = await orphaned(async () => server.mails.length === 1, server.url);
    await keeper.query("COMMIT");
    await place.query("DROP TRIGGER gate ON mail_outbox; DROP FUNCTION wait_at_gate; DROP TABLE gate");
    await heir.act("advance", { seconds: leaseSeconds });
    await heir.act("sweep");
    const [one, other, ...more] = server.mails.map(({ parsed }) => parsed.messageId);
    expect([other, more]).toEqual([one, []]);
    expect(await eventsOf("mail.sent")).toEqual([1]);
  });
});
