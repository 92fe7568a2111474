/** Protected resource metadata: the first document an agent reads (RFC 9728; PROTOCOL sections 1, 2). */
import { describe, expect, test } from "@jest/globals";
import { stage } from "../support/stages.js";

const path = "/.well-known/oauth-protected-resource";

const document = {
  resource: "https://notes.example",
  resource_name: "Example Notes",
  authorization_servers: ["https://notes.example"],
  scopes_supported: ["api.read", "api.write"],
  bearer_methods_supported: ["header"],
};

describe("the document", () => {
  test("is exactly what the options say (PRM-01, PRM-02, PRM-05, PRM-07, MCP-01, MCP-07)", async () => {
    const { agent } = await stage();
    const response = await agent.get(path);
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(response.headers["x-content-type-options"]).toBe("nosniff");
    expect(response.headers["set-cookie"]).toBeUndefined();
    expect(response.body).toEqual(document);
  });

  test("names documentation and logo when they are given", async () => {
    const { agent } = await stage({
      options: {
        resourceDocumentation: "https://notes.example/docs",
        resourceLogoUri: "https://notes.example/logo.png",
      },
    });
    const { body } = await agent.get(path);
    expect(body).toEqual({
      ...document,
      resource_documentation: "https://notes.example/docs",
      resource_logo_uri: "https://notes.example/logo.png",
    });
  });

  test("holds no null and no empty array (PRM-06)", async () => {
    const { agent } = await stage();
    const { text } = await agent.get(path);
    expect(text).not.toMatch(/null|\[\]/);
  });

  test("has the same bytes wherever it is served, whatever the query", async () => {
    const { agent } = await stage();
    const [plain, slash, query] = await Promise.all([
      agent.get(path),
      agent.get(`${path}/`),
      agent.get(`${path}?resource=https://evil.example`),
    ]);
    expect([plain.status, slash.status, query.status]).toEqual([200, 200, 200]);
    expect([slash.text, query.text]).toEqual([plain.text, plain.text]);
  });
});

describe("a resource with a path", () => {
  const options = { resource: "https://notes.example/api" };

  test("has its document between host and path, with and without a slash (PRM-03, PRM-04)", async () => {
    const { agent } = await stage({ options });
    for (const alias of [`${path}/api`, `${path}/api/`]) {
      const response = await agent.get(alias);
      expect(response.status).toBe(200);
      expect(response.body.resource).toBe("https://notes.example/api");
    }
  });

  test("is what the challenge leads to (PRM-08, PRM-09)", async () => {
    const { agent } = await stage({ options });
    const refused = await agent.get("/api/notes");
    expect(refused.headers["www-authenticate"]).toBe(
      'Bearer resource_metadata="https://notes.example/.well-known/oauth-protected-resource/api"',
    );
  });

  test("keeps the origin and the query of the resource in the URL of its document (PRM-02, PRM-03)", async () => {
    const { agent } = await stage({ options: { resource: "https://api.notes.example/v1?tenant=a" } });
    const refused = await agent.get("/api/notes");
    expect(refused.headers["www-authenticate"]).toBe(
      'Bearer resource_metadata="https://api.notes.example/.well-known/oauth-protected-resource/v1?tenant=a"',
    );
    const { status, body } = await agent.get(`${path}/v1?tenant=a`);
    expect(status).toBe(200);
    expect(body.resource).toBe("https://api.notes.example/v1?tenant=a");
  });
});

test.each([`${path}/nope`, `${path}/api`, `${path}//`, `${path}.json`, "/.well-known"])(
  "%s is left to the host, which answers 404 without repeating it (PRM-13)",
  async (unknown) => {
    const { agent } = await stage({
      routes: (app) => app.use((_request, response) => void response.status(404).json({ host: "not found" })),
    });
    const response = await agent.get(unknown);
    expect(response.status).toBe(404);
    expect(response.body).toEqual({ host: "not found" });
    expect(response.headers["www-authenticate"]).toBeUndefined();
  },
);
