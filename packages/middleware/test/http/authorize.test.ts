/** The authorization endpoint: there is nothing to authorize by redirect, and it never redirects (MCP-03, SML-01). */
import { describe, expect, test } from "@jest/globals";
import { headingOf } from "../support/claim-visit.js";
import { stage } from "../support/stages.js";

const path = "/oauth2/authorize";
const asked = new URLSearchParams({
  response_type: "code",
  client_id: "client",
  redirect_uri: "https://evil.example/callback",
  scope: "api.read",
  state: "xyz",
  code_challenge: "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM",
  code_challenge_method: "S256",
});
const browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";

describe.each(["get", "post"] as const)("%s", (method) => {
  const send = async (accept: string | null) => {
    const { agent } = await stage();
    const request = method === "get" ? agent.get(`${path}?${asked}`) : agent.post(path).type("form");
    if (accept !== null) request.set("Accept", accept);
    return method === "get" ? request : request.send(asked.toString());
  };

  test.each([null, "*/*", "application/json", "application/json, text/html"])(
    "tells a program that accepts %j what is wrong, as OAuth does",
    async (accept) => {
      const { status, headers, body } = await send(accept);
      expect([status, body.error]).toEqual([400, "unsupported_response_type"]);
      expect(body.error_description).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
      expect(Object.keys(body)).toEqual(["error", "error_description"]);
      expect(headers).toMatchObject({
        "content-type": "application/json; charset=utf-8",
        "cache-control": "no-store",
        pragma: "no-cache",
      });
      for (const name of ["location", "www-authenticate", "access-control-allow-origin", "set-cookie"])
        expect(headers).not.toHaveProperty(name);
    },
  );

  test("tells a person with a browser, on a page without a form, and leads nowhere", async () => {
    const { status, headers, text } = await send(browser);
    expect([status, headingOf(text)]).toEqual([400, "There is nothing to approve here"]);
    expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["content-security-policy"]).toContain("frame-ancestors 'none'");
    expect(headers).not.toHaveProperty("location");
    expect(text).not.toMatch(/evil|<form|http-equiv|<script|<a /);
  });
});

describe("the endpoint", () => {
  test("answers HEAD, refuses other methods, and answers no preflight: no script has business here", async () => {
    const { agent } = await stage();
    expect((await agent.head(path)).status).toBe(400);
    for (const method of ["put", "delete", "options"] as const) {
      const { status, headers } = await agent[method](path);
      expect([status, headers.allow]).toEqual([405, "GET, HEAD, POST"]);
      expect(headers).not.toHaveProperty("access-control-allow-origin");
    }
  });

  test("is where the metadata says, moved or not, and any body is answered alike", async () => {
    const { agent } = await stage({ options: { paths: { authorize: "/nothing" } } });
    const { body } = await agent.get("/.well-known/oauth-authorization-server");
    expect(body.authorization_endpoint).toBe("https://notes.example/nothing");
    for (const type of ["application/json", "text/plain", "multipart/form-data; boundary=x"]) {
      const answer = await agent.post("/nothing").set("Content-Type", type).send("{");
      expect([answer.status, answer.body.error]).toEqual([400, "unsupported_response_type"]);
    }
    expect((await agent.get(path)).status).toBe(404);
  });
});
