/** What is inside a Security Event Token: its events, its subject, its redelivery (SET-07, SET-11 to SET-15, SSF-01 to SSF-05). */

import { StoreUnavailable } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import {
  about,
  disabledEvent,
  type Members,
  revokedEvent,
  sessionRevokedEvent,
} from "../support/event-issuer.js";
import {
  changesNothing,
  type EventStage,
  eventStage,
  expectAccepted,
  expectEventRefusal,
  identify,
  notify,
  registered,
} from "../support/event-stage.js";
import { callApi, exchange } from "../support/world.js";

const unknownEvent = "https://events.example/something-happened";
const carols: Members = { sub: "sub-carol" };
const works = async (stage: EventStage, accessToken: string) =>
  (await callApi(stage, accessToken)).status === 200;

/** 202, remembered and noted, and nothing else happened. */
async function expectWithoutEffect(stage: EventStage, claims: Members): Promise<void> {
  const answer = await changesNothing(stage, () => notify(stage, stage.provider.event(claims)), {
    noted: ["event.received"],
    except: ["seen_jwt_ids"],
  });
  expectAccepted(answer);
}

async function expectMalformed(stage: EventStage, claims: Members): Promise<void> {
  const refused = await changesNothing(stage, () => notify(stage, stage.provider.event(claims)), {
    noted: ["event.rejected"],
  });
  expectEventRefusal(refused, "invalid_request");
}

describe("the events", () => {
  test.each<[string, unknown]>([
    ["absent", undefined],
    ["null", null],
    ["a string", revokedEvent],
    ["an array", [{ [revokedEvent]: {} }]],
    ["empty", {}],
    ["with a payload null", { [revokedEvent]: null }],
    ["with a payload that is a string", { [revokedEvent]: "yes" }],
    ["with a payload that is an array", { [revokedEvent]: [] }],
    ["with one good and one bad payload", { [revokedEvent]: {}, [unknownEvent]: 7 }],
  ])("%s are malformed (SET-07, SET-11)", async (_name, events) => {
    const stage = await eventStage();
    const { accessToken } = await registered(stage);
    await expectMalformed(stage, { ...carols, events });
    expect(await works(stage, accessToken)).toBe(true);
  });

  test.each([unknownEvent, "constructor", "toString", `${revokedEvent}/`, revokedEvent.toUpperCase()])(
    "of type %s are accepted without effect",
    async (type) => {
      const stage = await eventStage();
      const { accessToken } = await registered(stage);
      await expectWithoutEffect(stage, { ...carols, events: { [type]: {} } });
      expect(await works(stage, accessToken)).toBe(true);
    },
  );

  test("of an event stream are accepted, whatever their subject (SSF-05, SSF-06)", async () => {
    const stage = await eventStage();
    for (const type of ["verification", "stream-updated"])
      await expectWithoutEffect(stage, {
        sub: undefined,
        sub_id: { format: "opaque", id: "stream-1" },
        events: { [`https://schemas.openid.net/secevent/ssf/event-type/${type}`]: { state: "x" } },
      });
  });

  test("several at once: what is known has its effect, members nobody knows are ignored", async () => {
    const stage = await eventStage();
    const { accessToken } = await registered(stage);
    const events = { [unknownEvent]: { a: 1 }, [revokedEvent]: { reason: "gone", more: [1] } };
    expectAccepted(await notify(stage, stage.provider.event({ ...carols, events })));
    expect(await works(stage, accessToken)).toBe(false);
    const detail = JSON.parse(String((await stage.audit("event.received"))[0]?.detail));
    expect(detail).toEqual({ iss: stage.provider.url, sub: "sub-carol", types: [revokedEvent] });
  });

  test("several at once: the stronger of two effects wins", async () => {
    const stage = await eventStage();
    const { id } = await registered(stage);
    const claims = about(stage.provider, "sub-carol", sessionRevokedEvent, disabledEvent);
    expectAccepted(await notify(stage, stage.provider.event(claims)));
    expect(await stage.auth.findRegistration(id)).toMatchObject({ status: "revoked" });
    expect(await stage.rows("delegations")).toMatchObject([{ user_id: null }]);
  });
});

describe("the subject", () => {
  test("of our own event may be named in sub, in sub_id, or alike in both (C-07)", async () => {
    const stage = await eventStage();
    const inId = about(stage.provider, "sub-carol", revokedEvent);
    for (const claims of [carols, inId, { ...inId, ...carols }]) {
      stage.clock.advance(1);
      const { accessToken } = await registered(stage, {
        sub: "sub-carol",
        email: `c${stage.clock.now()}@x.example`,
      });
      expectAccepted(await notify(stage, stage.provider.event(claims)));
      expect(await works(stage, accessToken)).toBe(false);
    }
  });

  const subjects: [string, (stage: EventStage) => Members][] = [
    ["missing", () => ({ sub: undefined })],
    ["empty", () => ({ sub: "" })],
    ["a number", () => ({ sub: 7 })],
    ["256 characters long", () => ({ sub: "s".repeat(256) })],
    ["contradicted", ({ provider }) => ({ ...about(provider, "sub-carol", revokedEvent), sub: "sub-bob" })],
    ["in a sub_id that is a string", () => ({ ...carols, sub_id: "sub-carol" })],
    ["in a sub_id that is null", () => ({ ...carols, sub_id: null })],
    ["a bare address", () => ({ sub: undefined, sub_id: { format: "email", email: "carol@example.com" } })],
    ["opaque", () => ({ sub: undefined, sub_id: { format: "opaque", id: "sub-carol" } })],
    [
      "complex",
      () => ({ sub: undefined, sub_id: { format: "complex", user: { format: "opaque", id: "x" } } }),
    ],
    [
      "without format",
      ({ provider }) => ({ sub: undefined, sub_id: { iss: provider.url, sub: "sub-carol" } }),
    ],
    ["without issuer", () => ({ sub: undefined, sub_id: { format: "iss_sub", sub: "sub-carol" } })],
    [
      "an issuer without anybody",
      ({ provider }) => ({ sub: undefined, sub_id: { format: "iss_sub", iss: provider.url } }),
    ],
  ];
  test.each(subjects)("that is %s is malformed, and harms nobody", async (_name, claims) => {
    const stage = await eventStage();
    const { accessToken } = await registered(stage);
    await expectMalformed(stage, claims(stage));
    expect(await works(stage, accessToken)).toBe(true);
  });

  test.each([sessionRevokedEvent, disabledEvent])(
    "of %s stands in sub_id, not in sub alone (SSF-01)",
    async (type) => {
      const stage = await eventStage();
      const { accessToken } = await registered(stage);
      await expectMalformed(stage, { ...carols, events: { [type]: {} } });
      await expectMalformed(stage, { ...carols, events: { [type]: {}, [revokedEvent]: {} } });
      expect(await works(stage, accessToken)).toBe(true);
    },
  );

  test.each([revokedEvent, sessionRevokedEvent, disabledEvent])(
    "of another provider is nobody's to speak of: 202 without effect for %s (SET-13)",
    async (type) => {
      const stage = await eventStage();
      const { accessToken } = await registered(stage);
      const claims = about(stage.provider, "sub-carol", type);
      const answer = await changesNothing(stage, () => notify(stage, stage.other.event(claims)), {
        noted: ["event.received"],
        except: ["seen_jwt_ids"],
      });
      expectAccepted(answer);
      expect(await works(stage, accessToken)).toBe(true);
      expect(JSON.parse(String((await stage.audit("event.received"))[0]?.detail)).sub).toBeNull();
    },
  );

  test("with the same name at another provider is somebody else", async () => {
    const stage = await eventStage();
    const { accessToken } = await registered(stage);
    expectAccepted(await notify(stage, stage.other.event(carols)));
    expect(await works(stage, accessToken)).toBe(true);
  });

  test("never seen before: 202, and remembered for ID-JAGs that are older (SET-15)", async () => {
    const stage = await eventStage();
    const older = stage.provider.idJag(carols);
    expectAccepted(await notify(stage, stage.provider.event(carols)));
    expect((await identify(stage, older)).body.error).toBe("assertion_revoked");
    stage.clock.advance(1);
    await registered(stage);
  });
});

describe("the same token again (SET-12)", () => {
  test("is accepted again and again, and has its effect once", async () => {
    const stage = await eventStage();
    await registered(stage);
    const token = stage.provider.event(carols);
    expectAccepted(await notify(stage, token));
    for (let time = 0; time < 3; time += 1)
      expectAccepted(await changesNothing(stage, () => notify(stage, token)));
  });

  test("twenty times at once: 202 each time, effect once", async () => {
    const stage = await eventStage();
    const { id } = await registered(stage);
    const before = (await stage.rows("registrations")).find((row) => row.id === id);
    const token = stage.provider.event(carols);
    const answers = await Promise.all(Array.from({ length: 20 }, () => notify(stage, token)));
    for (const answer of answers) expectAccepted(answer);
    for (const type of ["event.received", "registration.revoked", "delegation.deleted"])
      expect(await stage.audit(type)).toHaveLength(1);
    const after = (await stage.rows("registrations")).find((row) => row.id === id);
    expect(Number(after?.generation)).toBe(Number(before?.generation) + 1);
  });

  test("does not kill what was established since, for as long as it can be sent (bug 22, SET-17)", async () => {
    const stage = await eventStage();
    await registered(stage);
    const token = stage.provider.event(carols);
    await notify(stage, token);
    stage.clock.advance(1);
    stage.host.users = stage.host.users.filter(({ email }) => email !== "carol@example.com");
    const again = await registered(stage);
    expectAccepted(await changesNothing(stage, () => notify(stage, token)));
    stage.clock.advance(86_398);
    await stage.auth.sweep();
    expectAccepted(await changesNothing(stage, () => notify(stage, token)));
    stage.clock.advance(2);
    await stage.auth.sweep();
    const late = await changesNothing(stage, () => notify(stage, token), { noted: ["event.rejected"] });
    expectEventRefusal(late, "invalid_request");
    const next = await identify(stage, stage.provider.idJag(carols));
    expect([next.status, next.body.id]).toEqual([200, again.id]);
  });

  test("with other contents is taken for the one that was first", async () => {
    const stage = await eventStage();
    const { accessToken } = await registered(stage);
    await notify(stage, stage.provider.event({ sub: "sub-bob", jti: "one" }));
    expectAccepted(
      await changesNothing(stage, () => notify(stage, stage.provider.event({ ...carols, jti: "one" }))),
    );
    expect(await works(stage, accessToken)).toBe(true);
  });

  test("is known by issuer and jti: another provider's jti is its own (bug 23)", async () => {
    const stage = await eventStage();
    const { accessToken } = await registered(stage);
    await notify(stage, stage.other.event({ ...carols, jti: "one" }));
    expectAccepted(await notify(stage, stage.provider.event({ ...carols, jti: "one" })));
    expect(await works(stage, accessToken)).toBe(false);
  });
});

describe("when something is down (SET-14)", () => {
  test("the store: 503 with Retry-After, nothing is used up, and the retry has its effect", async () => {
    const stage = await eventStage();
    const { accessToken, assertion } = await registered(stage);
    const token = stage.provider.event(carols);
    stage.steps.before = (verb) => {
      if (verb === "applySecurityEvent") throw new StoreUnavailable("The disk is full.");
      return undefined;
    };
    const refused = await changesNothing(stage, () => notify(stage, token));
    expectEventRefusal(refused, "temporarily_unavailable", 503);
    expect(refused.headers["retry-after"]).toBe(String(refused.body.retry_after));
    expect(await works(stage, accessToken)).toBe(true);

    stage.steps.before = () => undefined;
    expectAccepted(await notify(stage, token));
    expect(await works(stage, accessToken)).toBe(false);
    expect((await exchange(stage, assertion)).body.error).toBe("invalid_grant");
  });

  test("the provider's keys: 503 with Retry-After, and the retry has its effect", async () => {
    const stage = await eventStage();
    stage.other.isDown = true;
    const token = stage.other.event(carols);
    const refused = await changesNothing(stage, () => notify(stage, token));
    expectEventRefusal(refused, "temporarily_unavailable", 503);
    expect(refused.headers["retry-after"]).toBe("30");
    stage.other.isDown = false;
    stage.clock.advance(30);
    expectAccepted(await notify(stage, token));
    expect(await stage.rows("delegations")).toMatchObject([
      { issuer: stage.other.url, revoked_at: expect.any(Number) },
    ]);
  });
});
