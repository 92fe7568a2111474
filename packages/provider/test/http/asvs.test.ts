/** OWASP ASVS 5.0 on every page and form of the provider, rule by rule (WEB-01 to WEB-22). Asserts rules, not words. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import type { Response } from "supertest";
import { decide, hiddenFields, service, signIn, submit, type World, world } from "../support/world.js";

const clientId = "http://provider.localhost:4000/agent-client.json";
let stage: World;
beforeEach(async () => {
  stage = await world();
});
afterEach(() => stage.close());

const cookiesOf = ({ headers }: Response) => [headers["set-cookie"] ?? []].flat();
/** A code an agent shows, to be typed at `/device`. */
async function userCode(): Promise<string> {
  const started = await stage.agent
    .post("/device_authorization")
    .type("form")
    .send({ client_id: clientId, scope: "openid" });
  return started.body.user_code;
}

const consent = `/consent?audience=${encodeURIComponent(service)}`;
interface Visit {
  status: number;
  go: () => PromiseLike<Response>;
}
const inside = (status: number, path: string): Visit => ({
  status,
  go: () => signIn(stage).then(() => stage.browser.get(path)),
});
const visits: Record<string, Visit> = {
  "the sign-in page": { status: 200, go: () => stage.browser.get("/sign-in?return_to=/device") },
  "a wrong password": {
    status: 401,
    go: () => submit(stage, "/sign-in", "/sign-in", { email: "alice@example.com", password: "wrong" }),
  },
  "the answer to signing in": { status: 303, go: () => signIn(stage) },
  "the way to the sign-in page": { status: 302, go: () => stage.browser.get("/delegations") },
  "a form of nobody's": {
    status: 303,
    go: () => stage.browser.post("/consent").type("form").send({ decision: "always" }),
  },
  consent: inside(200, consent),
  "consent for no service": inside(400, "/consent?audience=javascript:alert(1)"),
  "a decision": { status: 200, go: () => signIn(stage).then(() => decide(stage, "always")) },
  delegations: inside(200, "/delegations"),
  "a device": inside(200, "/device"),
  "an unknown device": inside(404, "/device?user_code=BBBB-BBBB"),
  "the question about a device": {
    status: 200,
    go: async () => {
      await signIn(stage);
      return stage.browser.get(`/device?user_code=${await userCode()}`);
    },
  },
  "signing out": inside(200, "/sign-out"),
  "signed out": {
    status: 200,
    go: () => signIn(stage).then(() => submit(stage, "/sign-out", "/sign-out", {})),
  },
  "a stale form": {
    status: 403,
    go: () =>
      signIn(stage).then(() => submit(stage, consent, "/consent", { decision: "always", csrf: "1.x" })),
  },
  "a form of another type": {
    status: 400,
    go: () => signIn(stage).then(() => stage.browser.post("/consent").send({ decision: "always" })),
  },
  "a page with a wrong method": { status: 405, go: () => stage.agent.delete("/consent") },
};

describe.each(Object.entries(visits))("%s", (_name, { status, go }) => {
  test("WEB-01, 02, 03, 09, 10, 15, 18, 19: headers, addresses and markup", async () => {
    const { headers, text, ...response } = await go();
    expect(response.status).toBe(status);
    const policy = headers["content-security-policy"] ?? "";
    for (const directive of [
      "default-src 'none'",
      "base-uri 'none'",
      "frame-ancestors 'none'",
      "form-action 'self'",
      "style-src 'self'",
    ])
      expect(policy).toContain(directive);
    expect(policy).not.toMatch(/unsafe|\*|https?:/);
    expect(headers).toMatchObject({
      "x-frame-options": "DENY",
      "x-content-type-options": "nosniff",
      "referrer-policy": "same-origin",
      "cache-control": "no-store",
      pragma: "no-cache",
      "cross-origin-opener-policy": "same-origin",
      "permissions-policy": expect.stringContaining("camera=()"),
    });
    expect(Object.keys(headers).filter((name) => /^(access-control-|etag$|refresh$)/.test(name))).toEqual([]);
    const isRedirect = status === 302 || status === 303;
    if (isRedirect) expect(headers.location).toMatch(/^\/(?!\/)/);
    else expect(headers["content-type"]).toBe("text/html; charset=utf-8");
    expect(text).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:|Error:|node_modules|\.[jt]s:\d+/i);
    for (const [, address = ""] of text.matchAll(/ (?:href|src|action|formaction)="([^"]*)"/g))
      expect(address).toMatch(/^(#|\/(?!\/))/);
    for (const [tag] of text.matchAll(/<input[^>]*type="password"[^>]*>/g))
      expect(tag).toContain('autocomplete="current-password"');
  });

  test("WEB-05 looking, with GET or HEAD, signs nobody in and decides nothing", async () => {
    await signIn(stage);
    const before = (await stage.browser.get("/delegations")).text.replaceAll(
      /name="csrf" value="[^"]*"/g,
      "",
    );
    for (const path of [
      `${consent}&decision=always`,
      "/sign-out?csrf=x",
      "/delegations/revoke?audience=x",
      "/device?answer=allow",
    ]) {
      await stage.browser.get(path);
      await stage.browser.head(path);
    }
    const after = (await stage.browser.get("/delegations")).text.replaceAll(/name="csrf" value="[^"]*"/g, "");
    expect(after).toBe(before);
  });
});

const forms: Record<string, { page: string; target: string; fields: Record<string, string> }> = {
  "sign-in": {
    page: "/sign-in",
    target: "/sign-in",
    fields: { email: "bob@example.com", password: "bob-demo" },
  },
  consent: { page: consent, target: "/consent", fields: { decision: "always", audience: service } },
  revoke: { page: "/delegations", target: "/delegations/revoke", fields: { audience: service } },
  "sign-out": { page: "/sign-out", target: "/sign-out", fields: {} },
};

describe.each(Object.entries(forms))("WEB-04 the form %s", (name, { page, target, fields }) => {
  /** Who is signed in, and what is allowed. */
  const standing = async () => {
    const { status, text } = await stage.browser.get("/delegations");
    return [status, text.includes("alice@example.com"), text.includes(service)];
  };
  const prepare = async () => {
    await signIn(stage);
    if (name === "revoke") await decide(stage, "always");
    return { ...hiddenFields((await stage.browser.get(page)).text, target), ...fields };
  };

  test("of another origin, without its token or with one of another browser, changes nothing", async () => {
    const good = await prepare();
    const before = await standing();
    const other = hiddenFields((await stage.agent.get("/sign-in")).text, "/sign-in").csrf as string;
    for (const [headers, csrf] of [
      [{ "Sec-Fetch-Site": "cross-site" }, good.csrf],
      [{ "Sec-Fetch-Site": "same-site" }, good.csrf],
      [{ Origin: "https://evil.example" }, good.csrf],
      [{ Origin: "null" }, good.csrf],
      [{}, ""],
      [{}, other],
      [{}, `${good.csrf}x`],
    ] as const) {
      const response = await stage.browser
        .post(target)
        .set(headers)
        .type("form")
        .send({ ...good, csrf });
      expect([headers, csrf, response.status]).toEqual([headers, csrf, 403]);
      expect(cookiesOf(response)).toEqual([]);
    }
    expect(await standing()).toEqual(before);
  });

  test("of our page works: what is refused above is refused for the forgery", async () => {
    const good = await prepare();
    const before = await standing();
    const response = await stage.browser
      .post(target)
      .set("Sec-Fetch-Site", "same-origin")
      .type("form")
      .send(good);
    expect([200, 303]).toContain(response.status);
    expect(await standing()).not.toEqual(before);
  });
});

test("WEB-22 a decision sent twice has one effect and two friendly answers", async () => {
  await signIn(stage);
  await decide(stage, "always");
  const form = {
    ...hiddenFields((await stage.browser.get("/delegations")).text, "/delegations/revoke"),
    audience: service,
  };
  const send = () =>
    stage.browser.post("/delegations/revoke").set("Sec-Fetch-Site", "same-origin").type("form").send(form);
  expect([(await send()).status, (await send()).status]).toEqual([303, 303]);
  expect((await stage.browser.get("/delegations")).text).not.toContain('action="/delegations/revoke"');
});
