/** Signing keys: rotation, and what a restart keeps. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import Database from "better-sqlite3";
import { decodeJwt, decodeProtectedHeader } from "jose";
import { WrongSecretError } from "../src/index.js";
import { receiver } from "./support/receiver.js";
import {
  decide,
  exchange,
  hiddenFields,
  service,
  signIn,
  verified,
  type World,
  world,
} from "./support/world.js";

const mint = (stage: World) => stage.provider.mintIdJag({ userId: "usr_alice", audience: service });
const kidOf = (token: string) => decodeProtectedHeader(token).kid;
const expected = { typ: "oauth-id-jag+jwt", audience: service };
const published = async ({ agent }: World) =>
  (await agent.get("/.well-known/jwks.json")).body.keys.map(({ kid }: { kid: string }) => kid);

describe("rotateKeys", () => {
  test("publishes the new key before it signs, and the old one until its last token is over", async () => {
    const stage = await world();
    const before = await mint(stage);
    const old = kidOf(before);
    const rotated = await stage.provider.rotateKeys({ alg: "RS256" });
    expect(rotated.signsFrom).toBe(stage.clock.now() + 300);
    expect(await published(stage)).toEqual([rotated.kid, old]);
    stage.clock.advance(299);
    expect(kidOf(await mint(stage))).toBe(old);
    stage.clock.advance(1);
    const after = await mint(stage);
    expect(kidOf(after)).toBe(rotated.kid);
    expect(decodeProtectedHeader(after).alg).toBe("RS256");
    await verified(stage, after, expected);
    // The longest-lived token the old key signed is a subject token of an hour.
    stage.clock.advance(3600);
    expect(await published(stage)).toContain(old);
    stage.clock.advance(360);
    expect(await published(stage)).toEqual([rotated.kid]);
    await stage.close();
  });

  test("signs at once when told to, and tokens of the old key still verify", async () => {
    const stage = await world();
    const before = await mint(stage);
    const subjectToken = await stage.provider.createSubjectToken("usr_alice");
    const { kid } = await stage.provider.rotateKeys({ immediately: true });
    const after = await mint(stage);
    expect(kidOf(after)).toBe(kid);
    await verified(stage, before, expected);
    await verified(stage, after, expected);
    await signIn(stage);
    await decide(stage, "once");
    expect((await exchange(stage, subjectToken)).status).toBe(200);
    await stage.close();
  });

  test("names the algorithms of all published keys in the metadata", async () => {
    const stage = await world();
    await stage.provider.rotateKeys({ alg: "RS256" });
    const { body } = await stage.agent.get("/.well-known/oauth-authorization-server");
    expect(body.id_token_signing_alg_values_supported).toEqual(["ES256", "RS256"]);
    await stage.close();
  });

  test("makes RSA keys of 2048 bits", async () => {
    const stage = await world({ keyAlgorithm: "RS256" });
    const { body } = await stage.agent.get("/.well-known/jwks.json");
    expect(Object.keys(body.keys[0]).sort()).toEqual(["alg", "e", "kid", "kty", "n", "use"]);
    expect(Buffer.from(body.keys[0].n, "base64url")).toHaveLength(256);
    await stage.close();
  });
});

describe("a restart", () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), "provider-"));
  });
  afterEach(() => rmSync(folder, { recursive: true }));
  const storage = () => `sqlite:${join(folder, "data", "provider.db")}`;
  const secrets = ["a secret for tests, thirty-two bytes or more"];

  test("loses nothing: sessions, codes, consents, keys, events on their way", async () => {
    const notes = await receiver();
    const options = { storage: storage(), secrets, dangerouslyAllowPrivateNetwork: true };
    const first = await world(options);
    const cookie =
      String(((await signIn(first)).headers["set-cookie"] as unknown as string[])[0]).split(";")[0] ?? "";
    await decide(first, "always");
    await decide(first, "once", "https://once.example");
    const subjectToken = await first.provider.createSubjectToken("usr_alice");
    const idJag = await mint(first);
    notes.answers.push({ status: 503 });
    const event = await first.provider.revoke({ userId: "usr_alice", audience: notes.issuer });
    const page = await first.browser.get("/sign-out");
    await first.close();

    const second = await world(options, first.clock);
    const delegations = await second.agent.get("/delegations").set("Cookie", cookie);
    expect(delegations.status).toBe(200);
    expect(delegations.text).toContain("once.example");
    expect((await exchange(second, subjectToken)).status).toBe(200);
    expect((await exchange(second, subjectToken, { audience: "https://once.example" })).status).toBe(200);
    await verified(second, idJag, expected);
    await second.provider.flushEvents({ ignoreSchedule: true });
    expect(notes.received.map(({ token }) => decodeJwt(token).jti)).toEqual([event.jti, event.jti]);
    const signedOut = await second.agent
      .post("/sign-out")
      .set("Cookie", cookie)
      .type("form")
      .send(hiddenFields(page.text, "/sign-out"));
    expect(signedOut.status).toBe(200);
    await second.close();
    await notes.close();
  });

  test("keeps private keys, sessions and codes unreadable in the file", async () => {
    const stage = await world({ storage: storage(), secrets });
    const cookie = String(((await signIn(stage)).headers["set-cookie"] as unknown as string[])[0]);
    await stage.close();
    const database = new Database(join(folder, "data", "provider.db"));
    const rows = JSON.stringify([
      database.prepare("SELECT * FROM signing_keys").all(),
      database.prepare("SELECT * FROM sessions").all(),
    ]);
    database.close();
    expect(rows).not.toContain('\\"d\\"');
    expect(rows).not.toContain(/=([^;]*)/.exec(cookie)?.[1]);
  });

  test("needs the secret the key was made with, current or older", async () => {
    await (await world({ storage: storage(), secrets })).close();
    const other = "another secret for tests, also long enough";
    await expect(world({ storage: storage(), secrets: [other] })).rejects.toThrow(WrongSecretError);
    await (await world({ storage: storage(), secrets: [other, ...secrets] })).close();
  });
});
