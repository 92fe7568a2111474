/** The public documents, and how the provider lives inside somebody else's app. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import express from "express";
import express4 from "express4";
import * as oauth from "oauth4webapi";
import supertest from "supertest";
import { agentProvider } from "../../src/index.js";
import { clientId, issuer, type World, world } from "../support/world.js";

let stage: World;
beforeEach(async () => {
  stage = await world();
});
afterEach(() => stage.close());

const metadataPath = "/.well-known/oauth-authorization-server";

describe("GET /.well-known/oauth-authorization-server", () => {
  test("names what is there, and nothing else", async () => {
    const { status, headers, body } = await stage.agent.get(metadataPath);
    expect(status).toBe(200);
    expect(headers["content-type"]).toMatch(/^application\/json/);
    expect(headers["cache-control"]).toBe("public, max-age=300");
    expect(headers["access-control-allow-origin"]).toBe("*");
    expect(headers["set-cookie"]).toBeUndefined();
    expect(body).toEqual({
      issuer,
      token_endpoint: `${issuer}/token`,
      device_authorization_endpoint: `${issuer}/device_authorization`,
      jwks_uri: `${issuer}/.well-known/jwks.json`,
      grant_types_supported: [
        "urn:ietf:params:oauth:grant-type:token-exchange",
        "urn:ietf:params:oauth:grant-type:device_code",
      ],
      response_types_supported: [],
      token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
      identity_chaining_requested_token_types_supported: ["urn:ietf:params:oauth:token-type:id-jag"],
      id_token_signing_alg_values_supported: ["ES256"],
    });
  });

  test("is accepted by a strict client library", async () => {
    const { text } = await stage.agent.get(metadataPath);
    const response = new Response(text, { headers: { "Content-Type": "application/json" } });
    const found = await oauth.processDiscoveryResponse(new URL(issuer), response);
    expect(found.device_authorization_endpoint).toBe(`${issuer}/device_authorization`);
  });

  test("answers a known ETag with 304", async () => {
    const { headers } = await stage.agent.get(metadataPath);
    const again = await stage.agent.get(metadataPath).set("If-None-Match", headers.etag as string);
    expect(again.status).toBe(304);
    expect(again.text).toBe("");
  });

  test("does not pretend to be OpenID Connect", async () => {
    expect((await stage.agent.get("/.well-known/openid-configuration")).status).toBe(404);
  });
});

test("the client metadata document is about its own address and the published keys", async () => {
  const { status, body } = await stage.agent.get("/agent-client.json");
  expect(status).toBe(200);
  expect(body).toMatchObject({
    client_id: clientId,
    client_name: "Example AI agent",
    jwks_uri: `${issuer}/.well-known/jwks.json`,
    token_endpoint_auth_method: "none",
  });
  expect(body.grant_types).toContain("urn:ietf:params:oauth:grant-type:token-exchange");
});

test("the key set holds public keys only", async () => {
  const { body } = await stage.agent.get("/.well-known/jwks.json");
  expect(body.keys).toHaveLength(1);
  expect(Object.keys(body.keys[0]).sort()).toEqual(["alg", "crv", "kid", "kty", "use", "x", "y"]);
});

test("other methods are answered with 405 and Allow, preflights with 204", async () => {
  const wrong = await stage.agent.get("/token");
  expect([wrong.status, wrong.headers.allow]).toEqual([405, "POST, OPTIONS"]);
  const preflight = await stage.agent.options("/token");
  expect([preflight.status, preflight.headers["access-control-allow-origin"]]).toEqual([204, "*"]);
  expect((await stage.agent.options("/sign-in")).headers["access-control-allow-origin"]).toBeUndefined();
});

describe.each([
  ["Express 4", express4],
  ["Express 5", express],
])("in a host's app on %s", (_name, create) => {
  const prefixed = "http://localhost:4000/idp";
  const host = () => {
    const provider = agentProvider({
      issuer: prefixed,
      storage: "sqlite::memory:",
      backgroundWork: false,
    });
    const app = create() as express.Express;
    app.use(create.json() as express.RequestHandler);
    app.use(create.urlencoded({ extended: true }) as express.RequestHandler);
    app.use(provider.wellKnown);
    app.use("/idp", provider);
    app.get("/token", (_request, response) => {
      response.send("the host's own");
    });
    return { provider, agent: supertest(app) };
  };

  test("serves everything under the prefix and the metadata at the root", async () => {
    const { provider, agent } = host();
    const { body } = await agent.get(`${metadataPath}/idp`);
    expect(body.token_endpoint).toBe(`${prefixed}/token`);
    expect((await agent.get(`/idp${metadataPath}`)).body).toEqual(body);
    expect((await agent.get("/idp/.well-known/jwks.json")).body.keys).toHaveLength(1);
    const signIn = await agent.get("/idp/sign-in");
    expect(signIn.text).toContain('action="/idp/sign-in"');
    expect(signIn.headers["set-cookie"]?.[0]).toMatch(/Path=\/idp;/);
    await provider.close();
  });

  test("leaves the host's paths alone and reads bodies the host has parsed", async () => {
    const { provider, agent } = host();
    expect((await agent.get("/token")).text).toBe("the host's own");
    expect((await agent.get(metadataPath)).status).toBe(404);
    const refused = await agent.post("/idp/token").type("form").send({ grant_type: "password" });
    expect([refused.status, refused.body.error]).toEqual([400, "unsupported_grant_type"]);
    await provider.close();
  });
});
