/** Where the keys of a provider are: pinned, in its metadata, or in the conventional place (PROTOCOL section 3). */
import { fixedClock } from "@agent-auth/middleware/testing";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { createProviderDocuments } from "../../src/keys/provider-documents.js";
import { ProviderUnavailable } from "../../src/ports.js";
import type { TrustedProvider } from "../../src/protocol/provider.js";
import {
  bare,
  ecKey,
  json,
  type Members,
  publicJwk,
  type TestIssuer,
  testIssuer,
} from "../support/issuer.js";

const serverMetadata = "/.well-known/oauth-authorization-server";
const openidMetadata = "/.well-known/openid-configuration";
const conventional = "/.well-known/jwks.json";
const nothing = () => {};
const logger = { debug: nothing, info: nothing, warn: nothing, error: nothing };

let clock: ReturnType<typeof fixedClock>;
let idp: TestIssuer;
let documents: ReturnType<typeof createProviderDocuments>;
beforeEach(async () => {
  clock = fixedClock();
  idp = await testIssuer(clock);
  idp.answers.clear();
  documents = createProviderDocuments({ clock, logger, allowPrivateNetwork: true });
});

const provider = (members: Partial<TrustedProvider> = {}): TrustedProvider => ({
  issuer: idp.issuer,
  name: "Test IdP",
  jwksUri: null,
  clientIds: [],
  algorithms: ["ES256"],
  allowedEmailDomains: null,
  requiredAmr: [],
  jit: true,
  scopes: null,
  maxAuthAgeSeconds: 3600,
  source: "options",
  disabledAt: null,
  ...members,
});
const verify = (members?: Partial<TrustedProvider>) =>
  documents.verifySignature(provider(members), idp.mint(), "ES256");
const keysAt = (...paths: string[]) => {
  for (const path of paths) idp.answers.set(path, json({ keys: [publicJwk(idp.key)] }));
};
const metadataAt = (path: string, jwksPath: string, members: Members = {}) =>
  idp.answers.set(path, json({ issuer: idp.issuer, jwks_uri: idp.issuer + jwksPath, ...members }));

describe("the place of the keys", () => {
  test("is the pinned one, and nothing else is asked", async () => {
    keysAt("/pinned", "/a");
    metadataAt(serverMetadata, "/a");
    expect(await verify({ jwksUri: `${idp.issuer}/pinned` })).toBe("good");
    expect(idp.asked).toEqual(["/pinned"]);
  });

  test("is named by the authorization server metadata first", async () => {
    keysAt("/a", "/b", conventional);
    metadataAt(serverMetadata, "/a");
    metadataAt(openidMetadata, "/b");
    expect(await verify()).toBe("good");
    expect(idp.asked).toEqual([serverMetadata, "/a"]);
  });

  test("is named by the OpenID configuration next", async () => {
    keysAt("/b", conventional);
    metadataAt(openidMetadata, "/b");
    expect(await verify()).toBe("good");
    expect(idp.asked).toEqual([serverMetadata, openidMetadata, "/b"]);
  });

  test("is the conventional one last", async () => {
    keysAt(conventional);
    expect(await verify()).toBe("good");
    expect(idp.asked).toEqual([serverMetadata, openidMetadata, conventional]);
  });

  test.each<[string, Members]>([
    ["another issuer", { issuer: "https://elsewhere.example" }],
    ["the issuer with a slash", { issuer: undefined }],
    ["no jwks_uri", { jwks_uri: undefined }],
    ["a jwks_uri that is no text", { jwks_uri: ["/a"] }],
  ])("is not taken from a document with %s", async (what, members) => {
    keysAt("/a", conventional);
    metadataAt(serverMetadata, "/a", what.includes("slash") ? { issuer: `${idp.issuer}/` } : members);
    expect(await verify()).toBe("good");
    expect(idp.asked).toEqual([serverMetadata, openidMetadata, conventional]);
  });

  test.each([
    ["is no JSON", json("<html>")],
    ["redirects", bare(301, { Location: "/a" })],
    ["is forbidden", bare(403)],
  ])("is looked for further when a document %s", async (_what, answer) => {
    keysAt("/a", conventional);
    idp.answers.set(serverMetadata, answer);
    expect(await verify()).toBe("good");
    expect(idp.asked).toEqual([serverMetadata, openidMetadata, conventional]);
  });

  test("is not guessed while the metadata cannot be had: an outage is an outage", async () => {
    keysAt(conventional);
    idp.answers.set(serverMetadata, bare(503));
    await expect(verify()).rejects.toBeInstanceOf(ProviderUnavailable);
    expect(idp.asked).toEqual([serverMetadata]);
  });

  test("of an issuer with a path: inserted for the one document, appended for the other", async () => {
    const issuer = `${idp.issuer}/tenant/one`;
    idp.answers.set(
      `${serverMetadata}/tenant/one`,
      json({ issuer: "https://elsewhere.example", jwks_uri: `${idp.issuer}/a` }),
    );
    keysAt("/tenant/one/.well-known/jwks.json");
    expect(await verify({ issuer })).toBe("good");
    expect(idp.asked).toEqual([
      `${serverMetadata}/tenant/one`,
      `/tenant/one${openidMetadata}`,
      `/tenant/one${conventional}`,
    ]);
  });

  test("that a document names is guarded like any other", async () => {
    const strict = createProviderDocuments({ clock, logger, allowPrivateNetwork: false });
    const attempt = strict.verifySignature(provider(), idp.mint(), "ES256");
    await expect(attempt).rejects.toBeInstanceOf(ProviderUnavailable);
    expect(idp.asked).toEqual([]);
  });

  test("is kept as long as its keys are fresh: an unknown kid costs one fetch", async () => {
    keysAt("/a");
    metadataAt(serverMetadata, "/a");
    await verify();
    clock.advance(30);
    const token = idp.mint({ header: { kid: "unknown" } });
    expect(await documents.verifySignature(provider(), token, "ES256")).toBe("unknown_key");
    expect(idp.asked).toEqual([serverMetadata, "/a", "/a"]);
  });

  test.each<[string, () => void]>([
    ["is gone", () => idp.answers.delete("/a")],
    ["still shows old keys", () => idp.answers.set("/a", json({ keys: [publicJwk(ecKey())] }))],
  ])("is found again when the provider has moved it and the old one %s", async (_what, change) => {
    keysAt("/a");
    metadataAt(serverMetadata, "/a");
    await verify();
    change();
    keysAt("/moved");
    metadataAt(serverMetadata, "/moved");
    clock.advance(600);
    expect(await verify()).toBe("good");
    expect(idp.timesAsked("/moved")).toBe(1);
  });

  test("is the known one while the metadata cannot be had", async () => {
    keysAt("/a", conventional);
    metadataAt(serverMetadata, "/a");
    await verify();
    idp.answers.set(serverMetadata, bare(503));
    const next = ecKey("next");
    idp.answers.set("/a", json({ keys: [publicJwk(next)] }));
    clock.advance(600);
    const token = idp.mint({ key: next });
    expect(await documents.verifySignature(provider(), token, "ES256")).toBe("good");
    expect(idp.timesAsked(conventional)).toBe(0);
  });
});
