/** Client metadata documents: a client_id that is a URL must name the very keys of its provider (CID-01 to CID-05). */
import { fixedClock } from "@agent-auth/middleware/testing";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { ClientMetadata, isClientMetadataUrl } from "../../src/keys/client-metadata.js";
import { createFetchDocument } from "../../src/keys/safe-fetch.js";
import { ProviderUnavailable } from "../../src/ports.js";
import { expectAgentRefusal } from "../http/observed-world.js";
import { type Answer, bare, json, type Members, type TestIssuer, testIssuer } from "../support/issuer.js";
import { expectRefused, providerWorld, registerBy } from "../support/issuer-world.js";

let clock: ReturnType<typeof fixedClock>;
let host: TestIssuer;
let metadata: ClientMetadata;
let clientId: string;
beforeEach(async () => {
  clock = fixedClock();
  host = await testIssuer(clock);
  clientId = `${host.issuer}/agent.json`;
  const fetchDocument = createFetchDocument({ allowPrivateNetwork: true });
  metadata = new ClientMetadata({ clock, fetchDocument, allowHttp: true });
});

const serve = (members: Members = {}, headers: Record<string, string> = {}) =>
  host.answers.set("/agent.json", json({ client_id: clientId, jwks_uri: host.jwksUri, ...members }, headers));
const names = (id = clientId) => metadata.names(id, host.jwksUri);

describe("a URL that may be a client", () => {
  test.each([
    "https://agent.example/client.json",
    "https://agent.example/c?v=1",
    "https://agent.example:8443/a/b",
    "https://agent.example/.well-known/client",
    "https://agent.example/a..b/c.",
  ])("%s", (url) => {
    expect(isClientMetadataUrl(url, false)).toBe(true);
  });

  test.each([
    "",
    "agent",
    "https://",
    "https://agent.example",
    "https://agent.example/",
    "http://agent.example/client.json",
    "ftp://agent.example/client.json",
    "javascript:alert(1)//x",
    "https://agent.example/c#part",
    "https://agent.example/c#",
    "https://user@agent.example/c",
    "https://user:pass@agent.example/c",
    "https://agent.example/a/../c",
    "https://agent.example/./c",
    "https://agent.example/a/..",
    "https://agent.example/a/.",
    "https://agent.example/a/%2e%2e/c",
    "https://agent.example/a/%2E./c",
    "https://agent.example/a/..?x",
  ])("or not: %s", (url) => {
    expect(isClientMetadataUrl(url, false)).toBe(false);
  });

  test("http is for development", () => {
    expect(isClientMetadataUrl("http://agent.example/client.json", true)).toBe(true);
  });

  test("is decided before anything is fetched", async () => {
    for (const id of [`${host.issuer}/`, `${clientId}#x`, `${host.issuer}/a/../agent.json`])
      expect(await names(id)).toBe(false);
    expect(host.asked).toEqual([]);
  });
});

describe("the document", () => {
  test("must name itself and the keys, character by character", async () => {
    serve();
    expect(await names()).toBe(true);
    expect(await metadata.names(clientId, `${host.jwksUri}/`)).toBe(false);
  });

  test.each<[string, Members]>([
    ["another client_id", { client_id: "https://elsewhere.example/c" }],
    ["a client_id with a query", { client_id: "CLIENT?" }],
    ["no client_id", { client_id: undefined }],
    ["no jwks_uri", { jwks_uri: undefined }],
    ["another jwks_uri", { jwks_uri: "https://elsewhere.example/jwks" }],
    ["a list of jwks_uris", { jwks_uri: ["x"] }],
    ["a client_secret", { client_secret: "s" }],
    ["a client_secret of null", { client_secret: null }],
    ["a client_secret_expires_at", { client_secret_expires_at: 0 }],
  ])("with %s names nobody", async (_what, members) => {
    const own = members.client_id === "CLIENT?" ? { client_id: `${clientId}?` } : members;
    serve(own);
    expect(await names()).toBe(false);
  });

  test.each<[string, Answer]>([
    ["missing", bare(404)],
    ["a redirect", bare(302, { Location: "/jwks" })],
    ["no JSON", json("<html>")],
    ["a list", json([])],
    ["over 5 KiB", json({ padding: "p".repeat(5120) })],
    ["an empty 204", bare(204)],
  ])("that is %s names nobody, and a mended one works at once", async (_what, answer) => {
    host.answers.set("/agent.json", answer);
    expect(await names()).toBe(false);
    serve();
    expect(await names()).toBe(true);
    expect(host.asked.every((path) => path === "/agent.json")).toBe(true);
  });

  test("of 5120 bytes is read", async () => {
    const empty = JSON.stringify({ client_id: clientId, jwks_uri: host.jwksUri, pad: "" }).length;
    serve({ pad: "p".repeat(5120 - empty) });
    expect(await names()).toBe(true);
    const fresh = `${host.issuer}/other.json`;
    const body = { client_id: fresh, jwks_uri: host.jwksUri, pad: "p".repeat(5121 - empty) };
    host.answers.set("/other.json", json(body));
    expect(await names(fresh)).toBe(false);
  });

  test("that cannot be had is no verdict", async () => {
    host.answers.set("/agent.json", bare(503));
    await expect(names()).rejects.toBeInstanceOf(ProviderUnavailable);
    serve();
    expect(await names()).toBe(true);
  });

  test.each<[string, Record<string, string>, number]>([
    ["nothing", {}, 600],
    ["a short max-age", { "Cache-Control": "max-age=1" }, 600],
    ["an hour", { "Cache-Control": "max-age=3600" }, 3600],
    ["a year", { "Cache-Control": "max-age=31536000" }, 86_400],
  ])("is kept for as long as it says, within bounds: %s", async (_what, headers, seconds) => {
    serve({}, headers);
    await names();
    clock.advance(seconds - 1);
    await names();
    expect(host.asked).toHaveLength(1);
    clock.advance(1);
    serve({ jwks_uri: "https://elsewhere.example/jwks" });
    expect(await names()).toBe(false);
    expect(host.asked).toHaveLength(2);
  });
});

describe("a client_id of an ID-JAG", () => {
  test("is accepted when its document names the keys that were used, and refused otherwise", async () => {
    const stage = await providerWorld({ clock, idp: host });
    const send = (id = clientId) => registerBy(stage, host.mint({ claims: { client_id: id } }));
    const foreign = `${host.issuer}/foreign.json`;
    host.answers.set(
      "/foreign.json",
      json({ client_id: foreign, jwks_uri: "https://elsewhere.example/jwks" }),
    );
    serve();
    for (const id of [foreign, `${clientId}x`, `${clientId}#x`, host.jwksUri])
      await expectRefused(stage, () => send(id), "invalid_client_id");
    expect((await send()).status).toBe(200);
  });

  test("is 503 while its document cannot be had; the jti is not burnt", async () => {
    const stage = await providerWorld({ clock, idp: host });
    host.answers.set("/agent.json", bare(500));
    const assertion = host.mint({ claims: { client_id: clientId } });
    const before = await stage.snapshot();
    const refused = await registerBy(stage, assertion);
    expectAgentRefusal(refused, 503, "temporarily_unavailable");
    expect(refused.headers["retry-after"]).toBe("30");
    expect(await stage.snapshot()).toEqual(before);
    serve();
    expect((await registerBy(stage, assertion)).status).toBe(200);
  });

  test("is not fetched for a token that fails before", async () => {
    const stage = await providerWorld({ clock, idp: host });
    serve();
    const assertion = host.mint({ claims: { client_id: clientId, aud: "https://elsewhere.example" } });
    await expectRefused(stage, () => registerBy(stage, assertion), "audience_mismatch");
    expect(host.timesAsked("/agent.json")).toBe(0);
  });
});
