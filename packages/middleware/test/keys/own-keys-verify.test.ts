/** Owns the tests of what an assertion has to be to count as signed by us, and of what the key set tells. */
import { createPrivateKey, generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { calculateJwkThumbprint } from "jose";
import { claims, type KeyNode, operator, startedNode } from "../support/key-nodes.js";
import { ownDatabase } from "../support/stages.js";

let node: KeyNode;
let assertion: string;
let header: Record<string, unknown>;
let ourKey: KeyObject;
beforeEach(async () => {
  node = await startedNode(await ownDatabase());
  assertion = await node.keys.sign(claims);
  header = JSON.parse(Buffer.from(assertion.split(".")[0] as string, "base64url").toString());
  const [half] = await node.privateHalves();
  ourKey = createPrivateKey({ format: "jwk", key: JSON.parse(half as string) });
});

/** Signed with our own key unless another is given, so that a forgery differs in one point only. */
function forge(changes: Record<string, unknown>, key = ourKey, payload: unknown = claims): string {
  const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");
  const input = `${encode({ ...header, ...changes })}.${encode(payload)}`;
  const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
  return `${input}.${signature.toString("base64url")}`;
}

describe("an assertion", () => {
  test("has exactly our header and verifies, as does one made here with the same key", async () => {
    expect(header).toEqual({
      alg: "ES256",
      typ: "agent-identity-assertion+jwt",
      kid: (await node.kids())[0] ?? "",
    });
    expect(await node.keys.verify(assertion)).toEqual(claims);
    expect(await node.keys.verify(forge({}))).toEqual(claims);
  });

  test("verifies whatever the time is: that is for others to judge", async () => {
    const old = forge({}, ourKey, { ...claims, exp: 1 });
    expect(await node.keys.verify(old)).toEqual({ ...claims, exp: 1 });
  });

  test.each<[string, Record<string, unknown>]>([
    ["another typ", { typ: "JWT" }],
    ["the typ of an ID-JAG", { typ: "oauth-id-jag+jwt" }],
    ["its typ in capitals", { typ: "AGENT-IDENTITY-ASSERTION+JWT" }],
    ["its typ as a media type", { typ: "application/agent-identity-assertion+jwt" }],
    ["no typ", { typ: undefined }],
    ["another alg", { alg: "ES384" }],
    ["alg none", { alg: "none" }],
    ["no alg", { alg: undefined }],
    ["no kid", { kid: undefined }],
    ["an unknown kid", { kid: randomUUID() }],
    ["a kid in a list", { kid: ["kid"] }],
    ["one more member", { cty: "JWT" }],
    ["a critical member", { crit: ["exp"], exp: 1 }],
    ["a key of its own", { jwk: { kty: "EC" } }],
    ["an address of keys", { jku: "https://evil.example/jwks.json" }],
  ])("does not count with %s", async (_what, changes) => {
    expect(await node.keys.verify(forge(changes))).toBeNull();
  });

  test("does not count when another key signed it under our kid", async () => {
    const { privateKey } = generateKeyPairSync("ec", { namedCurve: "P-256" });
    expect(await node.keys.verify(forge({}, privateKey))).toBeNull();
  });

  test("does not count when another service's key signed it", async () => {
    const other = await startedNode(await ownDatabase());
    expect(await node.keys.verify(await other.keys.sign(claims))).toBeNull();
  });

  test.each(["text", 1, null, ["list"], true])(
    "does not count over a payload that is no object: %p",
    async (payload) => {
      expect(await node.keys.verify(forge({}, ourKey, payload))).toBeNull();
    },
  );

  test.each<[string, (good: string) => string]>([
    ["nothing", () => ""],
    ["dots", () => ".."],
    ["noise", () => "noise"],
    ["cut short", (good) => good.slice(0, -1)],
    ["without a signature", (good) => good.replace(/[^.]*$/, "")],
    ["with a part too many", (good) => `${good}.x`],
    ["with space around it", (good) => ` ${good}`],
    [
      "with other claims",
      (good) => good.replace(/\.[^.]*\./, `.${Buffer.from("{}").toString("base64url")}.`),
    ],
  ])("does not count: %s, seen before or not", async (_what, change) => {
    for (const seen of [false, true]) {
      if (seen) await node.keys.verify(assertion);
      expect(await node.keys.verify(change(assertion))).toBeNull();
    }
  });

  test("costs no look into the database when its kid is unknown, more than once in ten seconds", async () => {
    let looks = 0;
    const list = node.store.listSigningKeys.bind(node.store);
    node.store.listSigningKeys = () => {
      looks += 1;
      return list();
    };
    node.clock.advance(10);
    for (let time = 0; time < 20; time += 1) await node.keys.verify(forge({ kid: randomUUID() }));
    expect(looks).toBe(1);
    node.clock.advance(10);
    await node.keys.verify(forge({ kid: randomUUID() }));
    expect(looks).toBe(2);
  });
});

describe("the published keys", () => {
  test("have public members only, and are named by their thumbprint (JWT-27)", async () => {
    await node.keys.rotate(operator);
    const { keys } = await node.keys.publicKeys();
    expect(keys).toHaveLength(2);
    for (const key of keys) {
      expect(Object.keys(key).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
      expect(key).toMatchObject({ kty: "EC", crv: "P-256", alg: "ES256", use: "sig" });
      expect(key.kid).toBe(
        await calculateJwkThumbprint({ kty: "EC", crv: "P-256", x: key.x ?? "", y: key.y ?? "" }),
      );
    }
  });

  test("are copies: changing them changes nothing", async () => {
    const { keys } = await node.keys.publicKeys();
    const [before] = structuredClone(keys);
    Object.assign(keys[0] ?? {}, { x: "changed", d: "added" });
    keys.length = 0;
    expect((await node.keys.publicKeys()).keys).toEqual([before]);
  });
});
