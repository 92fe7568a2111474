/** What a security event ends, and what it leaves alone (PROTOCOL sections 7 and 8, SET-17, SET-18, SSF-08, SSF-12, SSF-13). */
import { describe, expect, test } from "@jest/globals";
import { aProvider } from "../../src/testing/builders.js";
import { about, disabledEvent, eventIssuer, revokedEvent } from "../support/event-issuer.js";
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
  waitingOf,
} from "../support/event-stage.js";
import { callApi, exchange, openPage, poll, startClaim } from "../support/world.js";
import { expectAlive, expectDead, linkOf, population } from "./event-population.js";
import { expectAgentRefusal, expectNotice, expectOauthRefusal, preparedForm } from "./observed-world.js";

describe.each([
  ["identity assertion revoked", revokedEvent],
  ["account disabled", disabledEvent],
])("%s", (_name, type) => {
  const eventOf = (stage: EventStage, claims: object = {}) =>
    stage.provider.event({ ...about(stage.provider, "sub-alice", type), ...claims });

  test("ends every registration and attempt that carries the person, whatever its kind, and nothing else", async () => {
    const stage = await eventStage();
    const { waiting, carrying, others } = await population(stage);
    const submit = await preparedForm(stage, waiting.uri, "alice");
    expectAccepted(await notify(stage, eventOf(stage)));

    for (const standing of Object.values(carrying)) {
      await expectDead(stage, standing);
      expect(await stage.auth.findRegistration(standing.id)).toMatchObject({ status: "revoked" });
    }
    expectOauthRefusal(await poll(stage, waiting.claimToken), "expired_token");
    for (const look of [
      () => openPage(stage, waiting.uri, "alice"),
      () => submit({ userCode: waiting.userCode }),
    ])
      expectNotice(await changesNothing(stage, look), 410, "This link has expired");
    expect(await linkOf(stage)).toBeNull();
    await expectAlive(stage, others);
  });

  test("leaves an anonymous registration its life before the claim, which may be claimed anew", async () => {
    const stage = await eventStage();
    const waiting = await claimWaiting(stage);
    await notify(stage, eventOf(stage));
    expect((await exchange(stage, waiting.assertion)).body.scope).toBe("api.read");
    await approved(stage, waitingOf(waiting.claimToken, await startClaim(stage, waiting.claimToken)));
    expect(await linkOf(stage)).toBeNull();
  });

  test("ends a claim that the owner approved and the agent has not collected", async () => {
    const stage = await eventStage();
    const waiting = await steppedUp(stage);
    const submit = await preparedForm(stage, waiting.uri, "alice");
    expect((await submit({ userCode: waiting.userCode })).status).toBe(303);
    await notify(stage, eventOf(stage));
    expectOauthRefusal(await changesNothing(stage, () => poll(stage, waiting.claimToken)), "invalid_grant");
    expectNotice(await openPage(stage, waiting.uri, "alice"), 410, "has ended");
    expectAgentRefusal(await startClaim(stage, waiting.claimToken), 410, "claim_revoked");
  });

  test("makes older ID-JAGs worthless, those of its own second too; a fresh one has to be approved", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    const older = stage.provider.idJag();
    stage.clock.advance(10);
    const sameSecond = stage.provider.idJag();
    await notify(stage, eventOf(stage));
    stage.clock.advance(1);
    for (const assertion of [older, sameSecond])
      expectAgentRefusal(
        await changesNothing(stage, () => identify(stage, assertion)),
        400,
        "assertion_revoked",
      );
    await approved(stage, await steppedUp(stage));
  });

  test("that is older than the newest ID-JAG spares link and registration, not what an older one was given", async () => {
    const stage = await eventStage();
    const first = await approved(stage, await steppedUp(stage));
    stage.clock.advance(5);
    const unused = stage.provider.idJag();
    const late = eventOf(stage, { iat: stage.clock.now() });
    stage.clock.advance(5);
    expect((await identify(stage, stage.provider.idJag())).status).toBe(200);
    expectAccepted(await notify(stage, late));
    await expectDead(stage, first);
    expect(await linkOf(stage)).toBe("usr_alice");
    expect(await stage.auth.findRegistration(first.id)).toMatchObject({ status: "claimed" });
    for (const type of ["registration.revoked", "delegation.deleted"])
      expect(await stage.audit(type)).toEqual([]);
    expectAgentRefusal(await changesNothing(stage, () => identify(stage, unused)), 400, "assertion_revoked");
    const next = await identify(stage, stage.provider.idJag());
    expect([next.status, next.body.id]).toEqual([200, first.id]);
    expect((await exchange(stage, next.body.identity_assertion)).status).toBe(200);
  });

  test("that comes late does not kill a link that was re-established after it (SET-17)", async () => {
    const stage = await eventStage();
    await approved(stage, await steppedUp(stage));
    const late = eventOf(stage, { iat: stage.clock.now() + 1 });
    await notify(stage, eventOf(stage));
    stage.clock.advance(100);
    const again = await approved(stage, await steppedUp(stage));
    expectAccepted(await notify(stage, late));
    await expectAlive(stage, { again });
    expect((await identify(stage, stage.provider.idJag())).status).toBe(200);
  });

  test("is noted: received once, a revocation per registration, the link once, all by the provider", async () => {
    const stage = await eventStage();
    const { carrying } = await population(stage);
    await notify(stage, eventOf(stage));
    const ids = Object.values(carrying).map(({ id }) => id);
    const rows = (await stage.audit()).slice(-2 - ids.length);
    expect(rows.map(({ type }) => type)).toEqual([
      "event.received",
      ...ids.map(() => "registration.revoked"),
      "delegation.deleted",
    ]);
    for (const row of rows) {
      expect(row).toMatchObject({ actor_kind: "provider", actor_id: stage.provider.url });
      expect(JSON.parse(String(row.detail))).toMatchObject({ iss: stage.provider.url, sub: "sub-alice" });
    }
    const revoked = rows.filter((row) => row.type === "registration.revoked");
    expect(revoked.map((row) => row.registration_id).sort()).toEqual([...ids].sort());
    expect(JSON.parse(String(revoked[0]?.detail)).reason).toBe("provider_revoked");
  });

  test("is announced to the host, once per registration", async () => {
    const stage = await eventStage();
    const { carrying } = await population(stage);
    const announced: { registrationId: string; userId: string | null; reason: string }[] = [];
    stage.auth.on("registration.revoked", (event) => void announced.push(event));
    const token = eventOf(stage);
    await notify(stage, token);
    await notify(stage, token);
    await stage.auth.sweep();
    expect(announced.map(({ registrationId }) => registrationId).sort()).toEqual(
      Object.values(carrying)
        .map(({ id }) => id)
        .sort(),
    );
    for (const { userId, reason } of announced)
      expect([userId, reason]).toEqual(["usr_alice", "provider_revoked"]);
  });

  test("comes through when the provider is disabled here, whose new ID-JAGs are refused", async () => {
    const stage = await eventStage();
    const rowed = await eventIssuer("Example Rows");
    rowed.clock = stage.clock;
    const provider = aProvider({ issuer: rowed.url });
    await stage.store.saveProvider({ provider, seen: null, now: stage.clock.now(), audit: [] });
    const { body } = await identify(stage, rowed.idJag({ sub: "sub-carol" }));
    const accessToken = (await exchange(stage, body.identity_assertion)).body.access_token;
    await stage.store.setProviderDisabled({
      issuer: rowed.url,
      disabled: true,
      now: stage.clock.now(),
      audit: [],
    });
    expectAgentRefusal(
      await changesNothing(stage, () => identify(stage, rowed.idJag({ sub: "sub-carol" }))),
      400,
      "issuer_not_enabled",
      "invalid_issuer",
    );
    expect((await callApi(stage, accessToken)).status).toBe(200);
    expectAccepted(await notify(stage, rowed.event(about(rowed, "sub-carol", type))));
    await expectDead(stage, { id: body.id, accessToken, assertion: body.identity_assertion });
  });
});
