/** OWASP ASVS 5.0 on every page and form of the dashboard, rule by rule (WEB-01 to WEB-22). Asserts rules, not words. */
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "@jest/globals";
import type { RequestHandler } from "express";
import type { Response } from "supertest";
import { anonymousAgent, callApi, hiddenFields, operatorHeader, Visitor } from "../support/stage.js";
import { expectProtected, type Populated, populated, readable, writable } from "./asvs-pages.js";

let on: Populated;
const https = { "X-Forwarded-Proto": "https" };
const trusting = (on: Populated) => on.app.set("trust proxy", 1);

const weakerThan = { admin: ["viewer", "operator"], operator: ["viewer"], viewer: [] } as const;

describe("what changes nothing, on one dashboard", () => {
  beforeAll(async () => {
    on = await populated();
  });
  afterAll(() => on.close());

  describe.each(readable)("GET %s", (pattern) => {
    test("WEB-01 to WEB-19: headers, addresses and markup, for every role and for strangers", async () => {
      const path = on.pathFor(pattern);
      for (const role of ["admin", "operator", "viewer"] as const) {
        const response = await new Visitor(on, role).get(path);
        expect([200, 303, 403, 404, 410]).toContain(response.status);
        expectProtected(response, on.mount);
      }
      const stranger = await on.agent.get(on.mount + path);
      expect(stranger.status).toBe(403);
      expectProtected(stranger, on.mount);
    });

    test("WEB-05 GET and HEAD change nothing, and HEAD answers alike", async () => {
      const before = await on.stored();
      const path = on.pathFor(pattern);
      const get = await on.admin.get(path);
      const head = await on.agent.head(on.mount + path).set(operatorHeader, "admin");
      expect(await on.stored()).toEqual(before);
      expect([head.status, head.headers["content-type"]]).toEqual([get.status, get.headers["content-type"]]);
    });

    test("WEB-14 https for a year where the browser came by https, and WEB-06 a cookie of this host alone", async () => {
      trusting(on);
      const secure = await on.agent
        .get(on.mount + on.pathFor(pattern))
        .set({ ...https, [operatorHeader]: "admin" });
      const age = Number(/max-age=(\d+)/.exec(secure.headers["strict-transport-security"] ?? "")?.[1]);
      expect(age).toBeGreaterThanOrEqual(31_536_000);
      const cookies = [secure.headers["set-cookie"] ?? []].flat();
      expect(cookies).toHaveLength(1);
      for (const attribute of [/^__Host-/, /; Secure/, /; HttpOnly/, /; SameSite=Strict/, /; Path=\/(;|$)/])
        expect(cookies[0]).toMatch(attribute);
      expect(cookies[0]).not.toMatch(/; Domain/i);
    });
  });

  describe.each(writable)("POST %s", (pattern, role) => {
    const target = () => on.pathFor(pattern).split("?")[0] as string;
    const fields = { reason: "because", confirm: "yes", issuer: "https://ai.example", subject: "sub-1" };
    const expectRefused = async (response: Response, statuses: number[], before: object) => {
      expect(statuses).toContain(response.status);
      expectProtected(response, on.mount);
      expect(await on.stored()).toEqual(before);
      expect((await callApi(on, on.token)).status).toBe(200);
    };

    test("WEB-04 from another origin, with a good token even, is 403 and changes nothing", async () => {
      const csrf = await on.admin.csrf();
      const before = await on.stored();
      for (const headers of [
        { "Sec-Fetch-Site": "cross-site" },
        { "Sec-Fetch-Site": "same-site" },
        { "Sec-Fetch-Site": "cross-site", Origin: "https://notes.example" },
      ])
        await expectRefused(await on.admin.post(target(), { ...fields, csrf }, headers), [403], before);
    });

    test("WEB-04 without a token, or with one of another browser, is 403 and changes nothing", async () => {
      const foreign = await new Visitor(on, "admin").csrf();
      const good = await on.admin.csrf();
      const before = await on.stored();
      for (const csrf of ["", "x", foreign, `${good}x`])
        await expectRefused(await on.admin.post(target(), { ...fields, csrf }), [403], before);
    });

    test("WEB-04 in a type that other sites may send without asking is 415 and changes nothing", async () => {
      const csrf = await on.admin.csrf();
      const before = await on.stored();
      for (const type of ["text/plain", "application/json", "multipart/form-data; boundary=x"]) {
        const send = on.agent
          .post(on.mount + target())
          .set({ [operatorHeader]: "admin", "Content-Type": type, "Sec-Fetch-Site": "same-origin" });
        await expectRefused(
          await send.send(type.endsWith("json") ? JSON.stringify({ ...fields, csrf }) : `csrf=${csrf}`),
          [415],
          before,
        );
      }
    });

    test("ASVS 8.2 is for those whose role may, by hand as well", async () => {
      const before = await on.stored();
      // With a good token of their own: what is left to refuse is the role.
      for (const weaker of weakerThan[role]) {
        const somebody = new Visitor(on, weaker);
        const csrf = hiddenFields((await somebody.get("/")).text).csrf as string;
        await expectRefused(await somebody.post(target(), { ...fields, csrf }), [403], before);
      }
      const stranger = await on.agent
        .post(on.mount + target())
        .type("form")
        .send("reason=x");
      await expectRefused(stranger, [403], before);
    });
  });
});

describe("on a dashboard of its own", () => {
  beforeEach(async () => {
    on = await populated();
  });
  afterEach(() => on.close());

  describe("refusals of the dashboard", () => {
    test("WEB-18 are pages with a status of their own that repeat nothing that was sent", async () => {
      const mark = "Zq7marker";
      const answers = [
        await on.admin.get(`/${mark}?x=${mark}`),
        await on.admin.get(`/registrations/${mark}`),
        await on.admin.get(`/registrations/${on.id}/${mark}`),
        await on.admin.get(`/jobs/${mark}`),
        await on.admin.get(`/%E0%A4%A`),
        await on.agent.put(`${on.mount}/keys?x=${mark}`).set(operatorHeader, "admin"),
        await on.admin.post("/keys/rotate", { reason: "x".repeat(70_000) }),
      ];
      expect(answers.map(({ status }) => status)).toEqual([404, 404, 404, 404, 404, 405, 413]);
      for (const answer of answers) {
        expectProtected(answer, on.mount);
        // The switch between light and dark leads back here, so its form knows where here is.
        expect(answer.text.replaceAll(/<input type="hidden" name="return_to"[^>]*>/g, "")).not.toContain(
          mark,
        );
      }
    });

    test("ASVS 3.4.2 no script of another origin reads a page, however freely the host opens its API", async () => {
      await on.close();
      const generous: RequestHandler = (request, response, next) => {
        response.set({
          "Access-Control-Allow-Origin": request.get("origin") ?? "*",
          "Access-Control-Allow-Credentials": "true",
        });
        next();
      };
      on = await populated({ before: [generous] });
      for (const path of ["/", "/registrations", "/registrations.csv", "/nothing"]) {
        const answer = await on.agent
          .get(on.mount + path)
          .set({ Origin: "https://evil.example", [operatorHeader]: "admin" });
        expectProtected(answer, on.mount);
      }
    });
  });

  test.each([
    "<img src=x onerror=alert(1)>",
    '"><script>alert(1)</script>',
    "\u202Eelppa\u2066\u200B",
    "<%= 7*7 %>",
  ])("WEB-12 the name %j is text on every page that shows it", async (name) => {
    const { id } = await anonymousAgent(on, name);
    for (const path of [
      "/",
      "/registrations",
      `/registrations/${id}`,
      `/registrations/${id}/revoke`,
      "/audit",
    ]) {
      const { status, text } = await on.admin.get(path);
      expect([path, status]).toEqual([path, 200]);
      expect(text).not.toMatch(/<img|<script|alert\(1\)>|[\u202A-\u202E\u2066-\u2069\u200B]|\b49\b <\/bdi>/);
    }
  });

  test("WEB-13 the way back from the login is a path of the dashboard, whatever the request says", async () => {
    await on.close();
    on = await populated({ admin: { loginUrl: (to) => `/login?return_to=${encodeURIComponent(to)}` } });
    for (const query of [
      "?return_to=//evil.example",
      "?x=/%5Cevil.example",
      "?x=%0d%0aLocation:%20//evil.example",
    ]) {
      const answer = await on.agent
        .get(`${on.mount}/audit${query}`)
        .set({ Host: "evil.example", "X-Forwarded-Host": "evil.example" });
      const back = new URL(answer.headers.location as string, "https://notes.example").searchParams.get(
        "return_to",
      ) as string;
      expect([answer.status, new URL(back, "https://notes.example").origin]).toEqual([
        303,
        "https://notes.example",
      ]);
      expect(back.startsWith(`${on.mount}/audit`)).toBe(true);
    }
  });

  test.each([
    "//evil.example",
    "/\\evil.example",
    "https:evil.example",
    "/\t/evil.example",
    "/../../evil",
    "javascript:alert(1)",
  ])("WEB-13 a form that leads back leads back into the dashboard: %j", async (target) => {
    const answer = await on.admin.post("/theme", { theme: "dark", return_to: target });
    expect(answer.status).toBe(303);
    expectProtected(answer, on.mount);
    const [cookie] = [answer.headers["set-cookie"] ?? []].flat();
    expect(cookie).toMatch(/^agent-admin-theme=dark; .*HttpOnly/);
  });

  test("WEB-22 an action sent twice has one effect and two friendly answers", async () => {
    const path = `/registrations/${on.id}/revoke`;
    const form = { ...hiddenFields((await on.admin.get(path)).text), reason: "because" };
    expect((await on.admin.post(path, form)).status).toBe(303);
    const before = await on.stored();
    const again = await on.admin.post(path, form);
    expect(again.status).toBeLessThan(500);
    expectProtected(again, on.mount);
    expect(await on.stored()).toEqual(before);
  });
});
