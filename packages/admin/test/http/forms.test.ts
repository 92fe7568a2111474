/** What every form is held to: same origin, a token of this operator and browser, a size, a type. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { anonymousAgent, callApi, operatorHeader, type Stage, stage, Visitor } from "../support/stage.js";

let on: Stage;
let id: string;
let token: string;
let olga: Visitor;
const reason = "It misbehaved";
beforeEach(async () => {
  on = await stage();
  ({ id, token } = await anonymousAgent(on));
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

/** The legitimate form still works after a refusal, and only then is the agent stopped. */
async function expectUntouched() {
  expect((await callApi(on, token)).status).toBe(200);
  expect((await olga.submit(`/registrations/${id}/revoke`, { reason })).status).toBe(303);
  expect((await callApi(on, token)).status).toBe(401);
}

describe("POST of an action", () => {
  test("revokes, redirects and says so, and the next API call is refused", async () => {
    const done = await olga.submit(`/registrations/${id}/revoke`, { reason });
    expect(done.status).toBe(303);
    const refused = await callApi(on, token);
    expect(refused.status).toBe(401);
    const page = await olga.get((done.headers.location as string).slice(on.mount.length));
    expect(page.text).toContain("Revoked. Its next request is refused.");
    expect(page.text).toContain("op_operator");
    expect(page.text).toContain(reason);
  });

  test.each([
    ["a foreign site", { "Sec-Fetch-Site": "cross-site" }],
    ["a sibling host", { "Sec-Fetch-Site": "same-site" }],
    ["a foreign origin, in an older browser", { "Sec-Fetch-Site": "", Origin: "https://evil.example" }],
    ["an origin that is none", { "Sec-Fetch-Site": "", Origin: "null" }],
  ])("refuses a form from %s", async (_what, headers) => {
    const reply = await olga.post(`/registrations/${id}/revoke`, { reason }, headers);
    expect(reply.status).toBe(403);
    expect(reply.text).toContain("sent from somewhere else");
    await expectUntouched();
  });

  test("refuses a token that is missing, changed, another browser's, another operator's, or too old", async () => {
    const good = await olga.csrf();
    const others = [
      "",
      `${good.slice(0, -1)}${good.endsWith("A") ? "B" : "A"}`,
      await new Visitor(on, "operator").csrf(),
    ];
    for (const csrf of others) {
      const reply = await olga.post(`/registrations/${id}/revoke`, { reason, csrf });
      expect(reply.status).toBe(403);
      expect(reply.text).toContain("too old");
    }
    on.clock.advance(2 * 3600);
    expect((await olga.post(`/registrations/${id}/revoke`, { reason, csrf: good })).status).toBe(403);
    expect(await on.auth.findRegistration(id)).toMatchObject({ revokedAt: null });
  });

  test("a token is bound to the operator even in the same browser", async () => {
    const page = await olga.get(`/registrations/${id}/revoke`);
    const cookie = (page.headers["set-cookie"] as unknown as string[] | undefined)?.[0]?.split(";")[0] ?? "";
    const csrf = /name="csrf" value="([^"]+)"/.exec(page.text)?.[1] ?? "";
    const reply = await on.agent
      .post(`${on.mount}/registrations/${id}/revoke`)
      .set(operatorHeader, "admin")
      .set("Cookie", cookie)
      .type("form")
      .send({ reason, csrf });
    expect(reply.status).toBe(403);
    await expectUntouched();
  });

  test("refuses more than 64 KiB, and another type", async () => {
    const large = await olga.post(`/registrations/${id}/revoke`, { reason: "x".repeat(70_000) });
    expect(large.status).toBe(413);
    const at = on.agent.post(`${on.mount}/registrations/${id}/revoke`).set(operatorHeader, "operator");
    expect((await at.send({ reason })).status).toBe(415);
    await expectUntouched();
  });

  test("asks for a reason, linked to its field, and does nothing", async () => {
    const reply = await olga.submit(`/registrations/${id}/revoke`, { reason: "  " });
    expect(reply.status).toBe(422);
    expect(reply.text).toContain('href="#field-reason"');
    expect(reply.text).toContain('aria-invalid="true"');
    expect((await olga.submit(`/registrations/${id}/revoke`, { reason: "x".repeat(201) })).status).toBe(422);
    await expectUntouched();
  });
});

describe("headers", () => {
  test("every page forbids scripts, framing, storing, sniffing and indexing", async () => {
    const { headers, text } = await olga.get("/registrations");
    expect(headers["content-security-policy"]).toBe(
      "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(headers["x-frame-options"]).toBe("DENY");
    expect(headers["cache-control"]).toBe("no-store");
    expect(headers["x-content-type-options"]).toBe("nosniff");
    expect(headers["x-robots-tag"]).toContain("noindex");
    expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:/i);
  });

  test("the cookie is HttpOnly, strict, and of the dashboard's path", async () => {
    const reply = await on.agent.get(on.mount).set(operatorHeader, "viewer");
    expect(reply.headers["set-cookie"]?.[0]).toMatch(
      /^agent-admin=[\w-]{43}; Path=\/admin\/agents; HttpOnly; SameSite=Strict$/,
    );
  });

  test("a message in an address is shown only if this dashboard put it there for this browser", async () => {
    const done = await olga.submit(`/registrations/${id}/suspend`, { reason });
    const location = (done.headers.location as string).slice(on.mount.length);
    expect((await olga.get(location)).text).toContain('role="status"');
    expect((await new Visitor(on, "operator").get(location)).text).not.toContain('role="status"');
    expect((await olga.get("/?message=revoked.9999999999.abc")).text).not.toContain('role="status"');
    on.clock.advance(600);
    expect((await olga.get(location)).text).not.toContain('role="status"');
  });
});
