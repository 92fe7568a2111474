/** A host that is an authorization server itself: its endpoints and its metadata stay its own, and agents find ours. */
import { describe, expect, test } from "@jest/globals";
import express, { type RequestHandler } from "express";
import express4 from "express4";
import { claimGrant, jwtBearerGrant } from "../support/world.js";
import { type Host, openHost } from "./host.js";
import { discover, send, walk, walked } from "./walk.js";

const versions: [string, typeof express][] = [
  ["Express 4", express4],
  ["Express 5", express],
];
const metadataPath = "/.well-known/oauth-authorization-server";

const theirsAt = (origin: string) => ({
  issuer: origin,
  authorization_endpoint: `${origin}/oauth2/authorize`,
  token_endpoint: `${origin}/oauth2/token`,
  revocation_endpoint: `${origin}/oauth2/revoke`,
  response_types_supported: ["code"],
  grant_types_supported: ["authorization_code"],
  token_endpoint_auth_methods_supported: ["client_secret_basic"],
});
const theirToken: RequestHandler = (_request, response) => void response.json({ access_token: "theirs" });
const theirCode = { form: { grant_type: "authorization_code", code: "abc" } };

/** What the host's own clients get: its token, its login page for OAuth, its revocation. */
async function theirAnswers(host: Host) {
  const token = await send(host, "POST", "/oauth2/token", theirCode);
  const authorize = await send(host, "GET", "/oauth2/authorize?response_type=code");
  const revoke = await send(host, "POST", "/oauth2/revoke", { form: { token: "theirs" } });
  return [token, authorize, revoke].map(({ status, text }) => [status, text]);
}
const expected = [
  [200, JSON.stringify({ access_token: "theirs" })],
  [200, "their login"],
  [200, JSON.stringify({ revoked: true })],
];

describe.each(versions)("%s", (_version, create) => {
  test("one token endpoint: it keeps its grants, hands ours on, and merges our members into its metadata", async () => {
    const ours = [jwtBearerGrant, claimGrant];
    const host = await openHost({
      create,
      mount(app, auth) {
        const form = create.urlencoded({ extended: false });
        app.get(metadataPath, (_request, response) => {
          response.json(auth.extendMetadata(theirsAt(host.origin)));
        });
        app.post("/oauth2/token", form, (request, response, next) => {
          if (ours.includes(request.body.grant_type)) next();
          else theirToken(request, response, next);
        });
        app.post("/oauth2/revoke", form, (request, response, next) => {
          if (request.body.token === "theirs") response.json({ revoked: true });
          else next();
        });
        app.get("/oauth2/authorize", (_request, response) => void response.send("their login"));
        app.use(auth);
      },
    });
    expect(await theirAnswers(host)).toEqual(expected);
    expect(await walk(host)).toEqual(walked);
    const { text } = await send(host, "GET", metadataPath);
    expect(JSON.parse(text)).toMatchObject({
      ...theirsAt(host.origin),
      grant_types_supported: ["authorization_code", ...ours],
      token_endpoint_auth_methods_supported: ["client_secret_basic", "none"],
      agent_auth: { identity_endpoint: `${host.origin}/agent/identity` },
    });
    expect(await theirAnswers(host)).toEqual(expected);
  });

  const theirRoutes = (app: express.Express) => {
    app.post("/oauth2/token", theirToken);
    app.post("/oauth2/revoke", (_request, response) => void response.json({ revoked: true }));
    app.get("/oauth2/authorize", (_request, response) => void response.send("their login"));
  };

  test("moved paths: ours stand beside its own, and our metadata says what it adds", async () => {
    const host = await openHost({
      create,
      options: {
        paths: { token: "/agent/token", revoke: "/agent/revoke", authorize: "/agent/authorize" },
        extendMetadata: (document) => ({ ...document, service_documentation: "https://docs.example" }),
      },
      mount(app, auth) {
        app.use(auth);
        theirRoutes(app);
      },
    });
    expect(await theirAnswers(host)).toEqual(expected);
    expect(await walk(host)).toEqual(walked);
    expect(JSON.parse((await send(host, "GET", metadataPath)).text)).toMatchObject({
      token_endpoint: `${host.origin}/agent/token`,
      service_documentation: "https://docs.example",
    });
  });

  test("an issuer with a path of its own leaves the host's issuer at the root alone", async () => {
    const host = await openHost({
      create,
      path: "/agents",
      mount(app, auth) {
        app.get(metadataPath, (_request, response) => void response.json(theirsAt(host.origin)));
        theirRoutes(app);
        app.use(auth.wellKnown);
        app.use("/agents", auth);
      },
    });
    expect(await walk(host)).toEqual(walked);
    expect(JSON.parse((await send(host, "GET", metadataPath)).text)).toEqual(theirsAt(host.origin));
    expect(await theirAnswers(host)).toEqual(expected);
    expect((await discover(host)).token).toBe(`${host.origin}/agents/oauth2/token`);
  });
});
