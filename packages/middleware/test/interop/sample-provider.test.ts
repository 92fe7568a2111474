/** The sample provider on a listener of its own, this service on another, both on the real clock: nothing is arranged. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { agentProvider } from "@agent-auth/provider";
import { describe, expect, test } from "@jest/globals";
import express from "express";
import { identify, notify } from "../support/event-stage.js";
import { closeAfterTest, stage } from "../support/stages.js";
import { callApi, exchange, people, poll, submitPage, type World } from "../support/world.js";

const systemClock = { now: () => Math.floor(Date.now() / 1000) };
const quiet = () => {};
/** Longer than the service leaves between two looks at a key set, shorter than clocks may differ. */
const afterCoolDown = 35;

/** A server whose address is known before there is anything to serve. */
async function listener() {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { server, origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
}

async function both(keyAlgorithm: "ES256" | "RS256") {
  const theirs = await listener();
  const ours = await listener();
  const provider = agentProvider({
    issuer: theirs.origin,
    storage: "sqlite::memory:",
    keyAlgorithm,
    logger: { debug: quiet, info: quiet, warn: quiet, error: quiet },
    dangerouslyAllowPrivateNetwork: true,
  });
  closeAfterTest(() => provider.close());
  theirs.server.on("request", express().use(provider));
  await provider.ready();

  const clock = { ahead: 0, now: () => systemClock.now() + clock.ahead };
  const users = [...Object.values(people)];
  const world: World = await stage({
    options: {
      issuer: ours.origin,
      clock,
      trustedProviders: [{ issuer: theirs.origin, name: "Example AI" }],
      dangerouslyAllowPrivateNetwork: true,
      accounts: {
        currentUser: (request) => people[request.get("x-test-person") as keyof typeof people] ?? null,
        loginUrl: () => "/login",
        findById: (id) => users.find((user) => user.id === id) ?? null,
        findByEmail: (email) => users.find((user) => user.email === email && user.emailVerified) ?? null,
        create: ({ email, idempotencyKey }) => {
          const user = { id: idempotencyKey, email: email ?? "", emailVerified: true, name: "New" };
          users.push(user);
          return user;
        },
      },
    },
  });
  ours.server.on("request", world.app);
  return { provider, world, clock, audience: ours.origin };
}

describe.each(["ES256", "RS256"] as const)("with %s keys", (keyAlgorithm) => {
  test("a person without an account: registered, revoked at the provider, and the next call is 401", async () => {
    const { provider, world, audience } = await both(keyAlgorithm);
    const carol = { userId: "usr_carol", audience };
    const idJag = await provider.mintIdJag(carol);
    const registered = await identify(world, idJag);
    expect([registered.status, registered.body.registration_type]).toEqual([200, "identity_assertion"]);
    const token = (await exchange(world, registered.body.identity_assertion)).body.access_token;
    expect((await callApi(world, token)).status).toBe(200);

    const unused = await provider.mintIdJag(carol);
    expect(await provider.revoke(carol)).toMatchObject({ status: "sent", attempts: 1, problem: null });
    expect((await callApi(world, token)).status).toBe(401);
    expect((await exchange(world, registered.body.identity_assertion)).body.error).toBe("invalid_grant");
    expect((await identify(world, unused)).body.error).toBe("assertion_revoked");
    expect((await identify(world, idJag)).body.error).toBe("assertion_revoked");
    expect(await world.auth.findRegistration(registered.body.id)).toMatchObject({ status: "revoked" });
  });

  test("a person with an account: asked once, then a clean match, then revoked", async () => {
    const { provider, world, audience } = await both(keyAlgorithm);
    const alice = { userId: "usr_alice", audience };
    const asked = await identify(world, await provider.mintIdJag(alice));
    expect([asked.status, asked.body.error]).toEqual([401, "interaction_required"]);
    const { claim, claim_token: claimToken } = asked.body;
    const done = await submitPage(world, claim.verification_uri, "alice", { userCode: claim.user_code });
    expect(done.status).toBe(303);
    const { access_token: token } = (await poll(world, claimToken)).body;
    expect((await callApi(world, token)).status).toBe(200);
    expect((await identify(world, await provider.mintIdJag(alice))).status).toBe(200);

    expect((await provider.revoke(alice)).status).toBe("sent");
    expect((await callApi(world, token)).status).toBe(401);
  });

  test("a key that is rotated: the service finds the new one by itself", async () => {
    const { provider, world, clock, audience } = await both(keyAlgorithm);
    const carol = { userId: "usr_carol", audience };
    expect((await identify(world, await provider.mintIdJag(carol))).status).toBe(200);
    const { kid } = await provider.rotateKeys({ immediately: true });
    const idJag = await provider.mintIdJag(carol);
    expect(JSON.parse(Buffer.from(idJag.split(".")[0] ?? "", "base64url").toString()).kid).toBe(kid);
    clock.ahead = afterCoolDown;
    expect((await identify(world, idJag)).status).toBe(200);
  });
});

test("an event the service refuses is reported to the provider as refused, with the reason", async () => {
  const { provider, audience } = await both("ES256");
  const sent = await provider.sendEvent({
    userId: "usr_carol",
    audience,
    overrides: { aud: "https://other.example" },
  });
  expect([sent.status, sent.problem]).toEqual(["refused", expect.stringContaining("invalid_audience")]);
});

test("an ID-JAG the service refuses is refused for what is wrong with it", async () => {
  const { provider, world, audience } = await both("ES256");
  const carol = { userId: "usr_carol", audience };
  const spoiled: [object, string][] = [
    [{ overrides: { email_verified: false } }, "missing_verified_email"],
    [{ audience: "https://other.example" }, "audience_mismatch"],
    [{ authTime: systemClock.now() - 7200 }, "login_required"],
    [{ header: { typ: "JWT" } }, "invalid_assertion"],
  ];
  for (const [input, error] of spoiled)
    expect((await identify(world, await provider.mintIdJag({ ...carol, ...input }))).body.error).toBe(error);
  expect((await identify(world, await provider.createSubjectToken("usr_carol"))).body.error).toBe(
    "invalid_assertion",
  );
  const subjectToken = await provider.createSubjectToken("usr_carol");
  expect((await notify(world, subjectToken)).body.err).toBe("invalid_request");
});
