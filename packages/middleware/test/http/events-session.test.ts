/** The end of a session at the provider: what dies, and what stays (PROTOCOL section 7, SSF-08). */
import { describe, expect, test } from "@jest/globals";
import { about, sessionRevokedEvent } from "../support/event-issuer.js";
import {
  approved,
  changesNothing,
  claimWaiting,
  type EventStage,
  eventStage,
  expectAccepted,
  identify,
  notify,
  steppedUp,
} from "../support/event-stage.js";
import { exchange, openPage, poll, startClaim } from "../support/world.js";
import { expectAlive, expectDead, linkOf, population } from "./event-population.js";
import { expectAgentRefusal, expectNotice, expectOauthRefusal, preparedForm } from "./observed-world.js";

describe("session revoked", () => {
  const eventOf = (stage: EventStage) =>
    stage.provider.event(about(stage.provider, "sub-alice", sessionRevokedEvent));

  test("ends tokens and assertions of everything that carries the person, but neither registration nor link", async () => {
    const stage = await eventStage();
    const { waiting, carrying, others } = await population(stage);
    expectAccepted(await notify(stage, eventOf(stage)));
    for (const standing of Object.values(carrying)) {
      await expectDead(stage, standing);
      expect(await stage.auth.findRegistration(standing.id)).toMatchObject({ status: "claimed" });
    }
    expectOauthRefusal(await poll(stage, waiting.claimToken), "expired_token");
    expectNotice(await openPage(stage, waiting.uri, "alice"), 410, "This link has expired");
    expect(await linkOf(stage)).toBe("usr_alice");
    await expectAlive(stage, others);
    for (const type of ["registration.revoked", "delegation.deleted"])
      expect(await stage.audit(type)).toEqual([]);
    expect(await stage.audit("event.received")).toHaveLength(1);
  });

  test("refuses ID-JAGs from before; the next fresh one is a clean match within the same ceiling", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    const submit = await preparedForm(stage, waiting.uri, "alice");
    await submit({ userCode: waiting.userCode, scopes: ["api.read"] });
    const { identity_assertion: assertion, access_token: accessToken } = (
      await poll(stage, waiting.claimToken)
    ).body;
    const older = stage.provider.idJag();
    await notify(stage, eventOf(stage));
    stage.clock.advance(1);
    expectAgentRefusal(await changesNothing(stage, () => identify(stage, older)), 400, "assertion_revoked");
    const next = await identify(stage, stage.provider.idJag());
    expect([next.status, next.body.id, next.body.scopes]).toEqual([200, waiting.id, ["api.read"]]);
    expect((await exchange(stage, next.body.identity_assertion)).status).toBe(200);
    await expectDead(stage, { id: waiting.id, assertion, accessToken });
  });

  test("is compared by the provider's own clock: one that runs ahead brings nothing older through", async () => {
    const stage = await eventStage();
    const { clock } = stage;
    stage.provider.clock = { now: () => clock.now() + 30 };
    const { id } = await approved(stage, await steppedUp(stage));
    const older = stage.provider.idJag();
    clock.advance(5);
    await notify(stage, eventOf(stage));
    clock.advance(5);
    expectAgentRefusal(await changesNothing(stage, () => identify(stage, older)), 400, "assertion_revoked");
    const next = await identify(stage, stage.provider.idJag());
    expect([next.status, next.body.id]).toEqual([200, id]);
    expect((await exchange(stage, next.body.identity_assertion)).status).toBe(200);
  });

  test("ends a step-up that waits: no code, no new code, but a fresh ID-JAG", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    const submit = await preparedForm(stage, waiting.uri, "alice");
    await notify(stage, eventOf(stage));
    expectOauthRefusal(await poll(stage, waiting.claimToken), "expired_token");
    expectNotice(
      await changesNothing(stage, () => submit({ userCode: waiting.userCode })),
      410,
      "This link has expired",
    );
    expectAgentRefusal(
      await changesNothing(stage, () => startClaim(stage, waiting.claimToken)),
      400,
      "assertion_revoked",
    );
    expect(await linkOf(stage)).toBeNull();
    stage.clock.advance(1);
    await approved(stage, await steppedUp(stage));
  });

  test.each([
    ["a step-up", steppedUp],
    ["a claim", claimWaiting],
  ])("ends %s that was approved and not collected: nothing is handed out any more", async (_name, open) => {
    const stage = await eventStage();
    const waiting = await open(stage);
    const submit = await preparedForm(stage, waiting.uri, "alice");
    expect((await submit({ userCode: waiting.userCode })).status).toBe(303);
    await notify(stage, eventOf(stage));
    expectOauthRefusal(await changesNothing(stage, () => poll(stage, waiting.claimToken)), "invalid_grant");
    expect(await linkOf(stage)).toBe("usr_alice");
  });

  test("that is older than the newest ID-JAG spares link and registration, not what an older one was given", async () => {
    const stage = await eventStage();
    const standing = await approved(stage, await steppedUp(stage));
    stage.clock.advance(5);
    const late = eventOf(stage);
    stage.clock.advance(5);
    expect((await identify(stage, stage.provider.idJag())).status).toBe(200);
    expectAccepted(await notify(stage, late));
    await expectDead(stage, standing);
    const next = await identify(stage, stage.provider.idJag());
    expect([next.status, next.body.id]).toEqual([200, standing.id]);
    expect((await exchange(stage, next.body.identity_assertion)).status).toBe(200);
  });
});
