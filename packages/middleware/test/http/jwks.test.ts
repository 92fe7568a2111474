/** The public keys and their rotation (RFC 7517; JWT-27, JWT-28). */
import { describe, expect, test } from "@jest/globals";
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from "jose";
import { stage } from "../support/stages.js";
import { callApi, exchange, issuer, register, type World } from "../support/world.js";

const path = "/.well-known/jwks.json";

async function kids({ agent }: World): Promise<string[]> {
  const { body } = await agent.get(path);
  return body.keys.map((key: { kid: string }) => key.kid);
}

async function assertionOf(world: World): Promise<string> {
  return (await register.anonymous(world)).body.identity_assertion;
}

const kidOf = (assertion: string) => decodeProtectedHeader(assertion).kid;

describe("the key set", () => {
  test("has the public members of each key and no other (JWT-27)", async () => {
    const { agent, auth } = await stage();
    await auth.rotateKeys();
    const response = await agent.get(path);
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe("application/jwk-set+json");
    expect(Object.keys(response.body)).toEqual(["keys"]);
    expect(response.body.keys).toHaveLength(2);
    for (const key of response.body.keys) {
      expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
      expect(key).toMatchObject({ kty: "EC", crv: "P-256", use: "sig", alg: "ES256" });
    }
    expect(new Set(response.body.keys.map((key: { kid: string }) => key.kid)).size).toBe(2);
  });

  test("verifies the assertions we issue, with the issuer as published (ASM-02, ASM-07)", async () => {
    const world = await stage();
    const { body } = await world.agent.get(path);
    const assertion = await assertionOf(world);
    const { payload } = await jwtVerify(assertion, createLocalJWKSet(body), {
      issuer,
      currentDate: new Date(world.clock.now() * 1000),
    });
    expect(payload.iss).toBe(issuer);
  });

  test("is cacheable for as long as a new key waits before it signs, and has a new ETag after a rotation", async () => {
    const { agent, auth } = await stage();
    const before = await agent.get(path);
    await auth.rotateKeys();
    const after = await agent.get(path).set("If-None-Match", before.headers.etag ?? "");
    expect(before.headers["cache-control"]).toBe("public, max-age=300");
    expect(after.status).toBe(200);
    expect(after.headers.etag).not.toBe(before.headers.etag);
  });
});

describe("a rotation (JWT-28)", () => {
  test("publishes the new key at once and signs with it one cache period later", async () => {
    const world = await stage();
    const [first] = await kids(world);
    const { kid: second } = await world.auth.rotateKeys();
    expect((await kids(world)).sort()).toEqual([first, second].sort());

    world.clock.advance(299);
    expect(kidOf(await assertionOf(world))).toBe(first);
    world.clock.advance(1);
    expect(kidOf(await assertionOf(world))).toBe(second);
  });

  test("keeps assertions and access tokens of the old key working", async () => {
    const world = await stage();
    const old = await assertionOf(world);
    const token = (await exchange(world, old)).body.access_token;
    await world.auth.rotateKeys();
    world.clock.advance(300);
    expect((await exchange(world, old)).status).toBe(200);
    expect((await exchange(world, await assertionOf(world))).status).toBe(200);
    expect((await callApi(world, token)).status).toBe(200);
  });

  test("lets the old key go only when the last assertion it signed is over", async () => {
    const world = await stage();
    const [first] = await kids(world);
    const { kid: second } = await world.auth.rotateKeys();
    world.clock.advance(299);
    const last = await assertionOf(world);
    expect(kidOf(last)).toBe(first);

    world.clock.advance(3599);
    await world.auth.sweep();
    expect(await kids(world)).toContain(first);
    expect((await exchange(world, last)).status).toBe(200);

    world.clock.advance(3600);
    await world.auth.sweep();
    world.clock.advance(60);
    expect(await kids(world)).toEqual([second]);
    expect((await exchange(world, last)).body.error).toBe("invalid_grant");
  });

  test("can be repeated while the key before is still waiting", async () => {
    const world = await stage();
    const made = [...(await kids(world))];
    for (let round = 0; round < 3; round += 1) {
      world.clock.advance(1);
      made.push((await world.auth.rotateKeys()).kid);
    }
    expect((await kids(world)).sort()).toEqual([...made].sort());
    world.clock.advance(300);
    expect(kidOf(await assertionOf(world))).toBe(made[3]);
  });
});
