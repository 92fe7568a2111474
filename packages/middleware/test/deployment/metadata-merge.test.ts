/** A host that is an authorization server already: our members merged into its document, both ways round. */
import { describe, expect, test } from "@jest/globals";
import { stage } from "../support/stages.js";

const path = "/.well-known/oauth-authorization-server";
const origin = "https://notes.example";

const theirs = {
  issuer: origin,
  authorization_endpoint: `${origin}/authorize`,
  token_endpoint: `${origin}/token`,
  response_types_supported: ["code"],
  grant_types_supported: ["authorization_code"],
  token_endpoint_auth_methods_supported: ["client_secret_basic", "none"],
  scopes_supported: ["profile", "api.read"],
  jwks_uri: `${origin}/their-keys.json`,
  agent_auth: { skill: "https://stale.example" },
  ui_locales_supported: ["en"],
};

describe("the method extendMetadata", () => {
  test("keeps what the host says, unites the lists, and brings our agent_auth", async () => {
    const { auth, agent } = await stage();
    const ours = (await agent.get(path)).body;
    const merged = auth.extendMetadata(theirs);
    expect(merged).toEqual({
      ...ours,
      ...theirs,
      grant_types_supported: ["authorization_code", ...ours.grant_types_supported],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "none"],
      scopes_supported: ["profile", "api.read", "api.write"],
      protected_resources: [origin],
      agent_auth: ours.agent_auth,
    });
  });

  test("changes neither the host's document nor ours", async () => {
    const { auth, agent } = await stage();
    const before = (await agent.get(path)).text;
    const given = structuredClone(theirs);
    auth.extendMetadata(given);
    expect(given).toEqual(theirs);
    expect((await agent.get(path)).text).toBe(before);
  });

  test("gives the same answer when it is applied to its own result", async () => {
    const { auth } = await stage();
    const once = auth.extendMetadata(theirs);
    expect(auth.extendMetadata(once)).toEqual(once);
  });

  test("makes a complete document out of an empty one", async () => {
    const { auth, agent } = await stage();
    expect(auth.extendMetadata({})).toEqual((await agent.get(path)).body);
  });
});

describe("the option extendMetadata", () => {
  test("has the last word on what we serve, in every place", async () => {
    const { agent } = await stage({
      options: {
        issuer: `${origin}/one`,
        extendMetadata: (document) => ({ ...document, service_policy: `${origin}/policy` }),
      },
    });
    const inserted = await agent.get(`${path}/one`);
    const appended = await agent.get(`/one${path}`);
    expect(inserted.body).toMatchObject({ issuer: `${origin}/one`, service_policy: `${origin}/policy` });
    expect(inserted.body.agent_auth.identity_types_supported).toEqual(["anonymous", "service_auth"]);
    expect(appended.text).toBe(inserted.text);
    expect(inserted.headers.etag).toBe(appended.headers.etag);
  });

  test("is asked on every request, so that the ETag follows what it says", async () => {
    let locale = "en";
    const { agent } = await stage({
      options: { extendMetadata: (document) => ({ ...document, ui_locales_supported: [locale] }) },
    });
    const first = await agent.get(path);
    locale = "de";
    const second = await agent.get(path).set("If-None-Match", first.headers.etag ?? "");
    expect([second.status, second.body.ui_locales_supported]).toEqual([200, ["de"]]);
  });

  test("that throws costs its own document only, as a JSON error", async () => {
    const { agent } = await stage({
      options: {
        extendMetadata: () => {
          throw new Error("secret detail");
        },
      },
    });
    const response = await agent.get(path);
    expect([response.status, response.body.error]).toEqual([500, "server_error"]);
    expect(response.headers["cache-control"]).toBe("no-store");
    expect(response.text).not.toContain("secret detail");
    expect((await agent.get("/.well-known/oauth-protected-resource")).status).toBe(200);
  });
});
