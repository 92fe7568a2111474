/** Every page and action, by hand, as every role: what is shown, what is refused, and that a refusal changes nothing. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { roles } from "../../src/options.js";
import { routes } from "../../src/router.js";
import { anonymousAgent, callApi, operatorHeader, type Stage, stage, Visitor } from "../support/stage.js";

let on: Stage;
let id: string;
let token: string;
beforeEach(async () => {
  on = await stage();
  ({ id, token } = await anonymousAgent(on));
});
afterEach(() => on.close());

/** A path of that route that exists. */
async function pathOf(pattern: string): Promise<string> {
  const hash = (await on.auth.admin.queries?.listTokens(id))?.[0]?.hash ?? "";
  const job = pattern.startsWith("/jobs/:")
    ? await on.auth.admin.startJob({
        action: "resume",
        filter: { id },
        includeNew: false,
        operator: { operatorId: "op", reason: "for a test", ip: null },
      })
    : null;
  return pattern
    .replace("/jobs/:id", `/jobs/${job?.id}`)
    .replace("/mail/:id", "/mail/1")
    .replace(":id", id)
    .replace(":hash", hash)
    .replace(":change", "revoke")
    .replace(":action", "revoke")
    .replace(":to", "disable");
}

const nothingThere = ["/providers/view", "/providers/edit", "/providers/switch/:to", "/delegations/unlink"];

describe.each(roles)("as %s", (role) => {
  test.each(routes.filter(({ method }) => method === "GET").map((row) => [row.path, row] as const))(
    "GET %s",
    async (pattern, { role: needed }) => {
      const visitor = new Visitor(on, role);
      const query = pattern === "/bulk/:action" ? `?id=${id}` : "";
      const reply = await visitor.get((await pathOf(pattern)) + query);
      const isAllowed = roles.indexOf(role) >= roles.indexOf(needed);
      expect(reply.status).toBe(!isAllowed ? 403 : nothingThere.includes(pattern) ? 404 : 200);
      expect(reply.headers["cache-control"]).toBe("no-store");
      if (!isAllowed) expect(reply.text).toContain("Your role does not allow this");
      expect((await callApi(on, token)).status).toBe(200);
      expect(on.failures).toEqual([]);
    },
  );

  test.each(routes.filter(({ method }) => method === "POST").map((row) => [row.path, row] as const))(
    "POST %s with nothing filled in",
    async (pattern, { role: needed }) => {
      const visitor = new Visitor(on, role);
      const reply = await visitor.post(await pathOf(pattern));
      const isAllowed = roles.indexOf(role) >= roles.indexOf(needed);
      if (!isAllowed) {
        expect(reply.status).toBe(403);
        expect(reply.text).toContain("Your role does not allow this");
      } else expect([200, 303, 400, 404, 422]).toContain(reply.status);
      expect(await on.auth.findRegistration(id)).toMatchObject({ status: "unclaimed" });
      expect((await callApi(on, token)).status).toBe(200);
      expect(on.failures).toEqual([]);
    },
  );

  test("sees only what they may open in the navigation", async () => {
    const { text } = await new Visitor(on, role).get("/");
    expect(text.includes('class="nav-incident"')).toBe(role === "admin");
    expect(text.includes('class="nav-workbench"')).toBe(role === "admin");
    expect(text).toContain('class="nav-settings"');
  });
});

describe("nobody", () => {
  test("is told that the dashboard is not open to them, on every page and action", async () => {
    for (const { method, path } of routes) {
      const at = on.mount + (await pathOf(path));
      const reply =
        method === "GET" ? await on.agent.get(at) : await on.agent.post(at).type("form").send("a=b");
      expect(reply.status).toBe(403);
      expect(reply.text).not.toContain(id);
    }
    expect((await callApi(on, token)).status).toBe(200);
  });

  test("an operator of an unknown role is nobody, and the host is told", async () => {
    const reply = await on.agent.get(on.mount).set(operatorHeader, "king");
    expect(reply.status).toBe(500);
    expect(reply.text).not.toContain("authorize");
    expect(on.failures).toHaveLength(1);
  });
});

describe("addresses that are not there", () => {
  test.each([
    "/nope",
    "/registrations/",
    "/registrations/a/b/c/d",
    "/registrations/%ff",
    "/bulk/erase?id=x",
    "/jobs/none",
  ])("%s is a 404 page", async (path) => {
    const reply = await new Visitor(on, "admin").get(path);
    expect(reply.status).toBe(404);
    expect(reply.headers["content-security-policy"]).toContain("default-src 'none'");
  });

  test("a method an address does not take is 405 with Allow", async () => {
    const reply = await new Visitor(on, "admin").post("/audit", { csrf: "x" });
    expect(reply.status).toBe(405);
    expect(reply.headers.allow).toBe("GET, HEAD");
  });
});
