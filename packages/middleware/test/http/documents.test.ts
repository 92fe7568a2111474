/** What the four public documents have in common: HEAD, validators, CORS, methods, and no trust in headers. */
import { describe, expect, test } from "@jest/globals";
import { listening, rawRequest, stage } from "../support/stages.js";
import { startClaim } from "../support/world.js";

const documents = [
  "/.well-known/oauth-protected-resource",
  "/.well-known/oauth-authorization-server",
  "/.well-known/jwks.json",
  "/auth.md",
];
const preflighted = [
  ...documents,
  "/agent/identity",
  "/agent/identity/claim",
  "/agent/identity/claim/complete",
  "/oauth2/token",
  "/oauth2/revoke",
];
const asked = ["mcp-protocol-version", "authorization", "content-type", "dpop"];

describe.each(documents)("%s", (path) => {
  test("is cacheable for five minutes and answers If-None-Match with 304 (HTTP-04, PRM-12)", async () => {
    const { agent } = await stage();
    const full = await agent.get(path);
    const etag = full.headers.etag ?? "";
    expect(full.headers["cache-control"]).toBe("public, max-age=300");
    expect(etag).toMatch(/^"[A-Za-z0-9_-]{16,}"$/);
    expect(full.headers["set-cookie"]).toBeUndefined();
    for (const match of [etag, `W/${etag}`, `"other", ${etag}`, "*"]) {
      const unchanged = await agent.get(path).set("If-None-Match", match);
      expect(unchanged.status).toBe(304);
      expect(unchanged.text).toBe("");
      expect(unchanged.headers.etag).toBe(etag);
      expect(unchanged.headers["cache-control"]).toBe("public, max-age=300");
      expect(unchanged.headers["access-control-allow-origin"]).toBe("*");
    }
    const changed = await agent.get(path).set("If-None-Match", '"other"');
    expect([changed.status, changed.text]).toEqual([200, full.text]);
  });

  test("answers HEAD with the headers of GET and no body (HTTP-04)", async () => {
    const { agent } = await stage();
    const full = await agent.get(path);
    const head = await agent.head(path);
    expect([head.status, head.text ?? ""]).toEqual([200, ""]);
    for (const name of ["content-type", "content-length", "etag", "cache-control", "x-content-type-options"])
      expect([name, head.headers[name]]).toEqual([name, full.headers[name]]);
  });

  test.each(["post", "put", "patch", "delete"] as const)(
    "refuses %s with 405, Allow and JSON (HTTP-02)",
    async (method) => {
      const { agent } = await stage();
      const response = await agent[method](path).send({ any: "body" });
      expect(response.status).toBe(405);
      expect(response.headers.allow).toBe("GET, HEAD, OPTIONS");
      expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
      expect(response.headers["cache-control"]).toBe("no-store");
      expect(response.headers.etag).toBeUndefined();
      expect(response.body).toMatchObject({ error: "invalid_request", code: "invalid_request" });
      expect(response.body.message).toBe(response.body.error_description);
    },
  );

  test("takes every URL from the configuration, whatever the headers say (HTTP-07)", async () => {
    const { app, agent } = await stage({ before: [] });
    app.set("trust proxy", true);
    const expected = (await agent.get(path)).text;
    const { port } = await listening(app);
    const hostile = await rawRequest(port, {
      path,
      headers: {
        Host: "evil.example",
        "X-Forwarded-Host": "evil.example",
        "X-Forwarded-Proto": "http",
        "X-Forwarded-Prefix": "/evil",
        "X-Original-URL": "/evil",
        Forwarded: 'host="evil.example";proto=http',
      },
    });
    expect(hostile.status).toBe(200);
    expect(hostile.text).toBe(expected);
    expect(JSON.stringify(hostile.headers)).not.toContain("evil");
  });
});

describe("cross-origin calls (HTTP-05, MCP-09)", () => {
  test.each(preflighted)("%s answers the preflight of a browser agent", async (path) => {
    const { agent } = await stage();
    const response = await agent
      .options(path)
      .set("Origin", "https://agent.example")
      .set("Access-Control-Request-Method", documents.includes(path) ? "GET" : "POST")
      .set("Access-Control-Request-Headers", asked.join(","));
    expect(response.status).toBe(204);
    expect(response.headers["access-control-allow-origin"]).toBe("*");
    expect(response.headers["access-control-allow-credentials"]).toBeUndefined();
    const allowed = String(response.headers["access-control-allow-headers"]).toLowerCase().split(", ");
    expect(allowed).toEqual(expect.arrayContaining(asked));
    expect(response.headers["access-control-allow-methods"]).toBe(
      documents.includes(path) ? "GET, HEAD, OPTIONS" : "POST, OPTIONS",
    );
    // RFC 9110 section 8.6: no Content-Length with 204.
    expect(response.headers["content-length"]).toBeUndefined();
  });

  test.each(preflighted)(
    "%s lets any origin read its answers, errors too, without credentials",
    async (path) => {
      const { agent } = await stage();
      for (const response of [await agent.get(path), await agent.post(path)]) {
        expect(response.headers["access-control-allow-origin"]).toBe("*");
        expect(response.headers["access-control-allow-credentials"]).toBeUndefined();
        expect(response.headers["access-control-expose-headers"]).toContain("WWW-Authenticate");
      }
    },
  );

  test("the pages people see answer no preflight and allow no origin", async () => {
    const { agent } = await stage();
    const response = await agent.options("/agent/claim").set("Origin", "https://evil.example");
    expect(response.status).toBe(405);
    expect(response.headers.allow).toBe("GET, HEAD, POST");
    expect(response.headers["access-control-allow-origin"]).toBeUndefined();
  });
});

describe("hostile headers (HTTP-07)", () => {
  const hostile = {
    Host: 'evil.example"x',
    "X-Forwarded-Host": 'evil.example", error="x',
    "X-Forwarded-Proto": "http",
    Forwarded: "host=evil.example",
  };

  test("never reach a challenge", async () => {
    const { app } = await stage();
    app.set("trust proxy", true);
    const { port } = await listening(app);
    const refused = await rawRequest(port, { path: "/api/notes", headers: hostile });
    expect(refused.status).toBe(401);
    expect(refused.challenges).toEqual([
      'Bearer resource_metadata="https://notes.example/.well-known/oauth-protected-resource"',
    ]);
  });

  test("never reach a registration, a claim or an assertion", async () => {
    const world = await stage();
    world.app.set("trust proxy", true);
    const { port } = await listening(world.app);
    const send = (path: string, body: object) =>
      rawRequest(port, {
        method: "POST",
        path,
        headers: { ...hostile, "Content-Type": "application/json" },
        body: JSON.stringify(body),
      });
    const registered = await send("/agent/identity", { type: "anonymous" });
    const {
      identity_assertion: assertion,
      claim_token: claimToken,
      claim_url: url,
    } = JSON.parse(registered.text);
    const claims = JSON.parse(Buffer.from(assertion.split(".")[1], "base64url").toString());
    const started = await send("/agent/identity/claim", {
      claim_token: claimToken,
      login_hint: "alice@example.com",
    });
    expect(url).toBe("https://notes.example/agent/identity/claim");
    expect([claims.iss, claims.aud]).toEqual(["https://notes.example", "https://notes.example"]);
    const { verification_uri: uri } = JSON.parse(started.text).claim_attempt;
    expect(uri).toMatch(/^https:\/\/notes\.example\/agent\/claim\?/);
    const again = await startClaim(world, claimToken);
    expect(JSON.stringify([registered, started, claims, again.body])).not.toContain("evil");
  });
});
