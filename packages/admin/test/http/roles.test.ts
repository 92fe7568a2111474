/** Every page and action, by hand, as every role: what is shown, what is refused, and that a refusal changes nothing. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { type Role, roles } from "../../src/options.js";
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

/**
 * Who is let in where, written down by hand: whoever changes the role of a page, or adds one, says so here, too. That
 * viewers read providers and keys is decided in docs/decisions/0011.
 */
const decided: Record<Role, string[]> = {
  viewer: [
    "GET /",
    "GET /registrations",
    "POST /registrations.csv",
    "GET /registrations/:id",
    "GET /jobs",
    "GET /jobs/:id",
    "GET /delegations",
    "GET /providers",
    "GET /providers/view",
    "GET /audit",
    "POST /audit.csv",
    "POST /audit.ndjson",
    "GET /mail",
    "GET /keys",
    "GET /settings",
    "POST /theme",
  ],
  operator: [
    "GET /registrations/:id/:change",
    "POST /registrations/:id/:change",
    "GET /registrations/:id/tokens/:hash",
    "POST /registrations/:id/tokens/:hash",
    "GET /bulk/:action",
    "POST /bulk/:action",
    "GET /delegations/unlink",
    "POST /delegations/unlink",
    "POST /mail/:id/retry",
  ],
  admin: [
    "GET /providers/add",
    "POST /providers/inspect",
    "POST /providers/add",
    "GET /providers/edit",
    "POST /providers/edit",
    "GET /providers/switch/:to",
    "POST /providers/switch/:to",
    "GET /keys/rotate",
    "POST /keys/rotate",
    "GET /workbench",
    "POST /workbench",
    "GET /incident",
    "POST /incident",
  ],
};

test("every page and action asks for the role that was decided for it", () => {
  const asked = routes.map(({ method, path, role }) => `${role}: ${method} ${path}`);
  const expected = roles.flatMap((role) => decided[role].map((route) => `${role}: ${route}`));
  expect(asked.sort()).toEqual(expected.sort());
});

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
