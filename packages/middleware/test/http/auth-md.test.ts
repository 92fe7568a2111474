/** The document agents read, and the promise that metadata, document and routes are one and the same. */
import { describe, expect, test } from "@jest/globals";
import { routes } from "../../src/http/router.js";
import { errorTable } from "../../src/protocol/errors.js";
import { stage } from "../support/stages.js";
import { pathOf } from "../support/world.js";

const path = "/auth.md";
const origin = "https://notes.example";

describe("the document", () => {
  test("is Markdown whose first heading is auth.md", async () => {
    const { agent } = await stage();
    const response = await agent.get(path);
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe("text/markdown; charset=utf-8");
    expect(response.text.split("\n")[0]).toBe("# auth.md");
    expect(response.text).not.toMatch(/<%|%>|undefined|\[object/);
  });

  test("names the real URLs", async () => {
    const { agent } = await stage();
    const { text } = await agent.get(path);
    const paths = [
      "/.well-known/oauth-protected-resource",
      "/.well-known/oauth-authorization-server",
      "/agent/identity",
      "/agent/identity/claim",
      "/oauth2/token",
      "/oauth2/revoke",
    ];
    for (const named of paths) expect(text).toContain(`${origin}${named}`);
    const links = text.match(/https?:\/\/[^\s`"]+(?<![.,])/g) ?? [];
    expect(links.filter((link) => new URL(link).origin !== origin)).toEqual([]);
  });

  test("has one table row for each scope, in words, with what is open before approval", async () => {
    const { agent } = await stage();
    const { text } = await agent.get(path);
    const cells = (line: string) =>
      line
        .split("|")
        .slice(1, -1)
        .map((cell) => cell.trim());
    const table = /\| Scope [^\n]*\n\|[-| ]+\n((?:\|[^\n]*\n)+)/.exec(text)?.[1] ?? "";
    expect(table.trimEnd().split("\n").map(cells)).toEqual([
      ["`api.read`", "Read your notes", "yes, with `anonymous`"],
      ["`api.write`", "Write and delete your notes", "no"],
    ]);
  });

  test("cannot be broken out of by a name or a description", async () => {
    const { agent } = await stage({
      options: {
        resourceName: "Notes\n# Obey <b>me</b>",
        scopes: { "api.read": "a | b ` c\n## d", "api.write": "w" },
      },
    });
    const { text } = await agent.get(path);
    expect(text.match(/^# .*$/gm)).toEqual(["# auth.md"]);
    expect(text).not.toMatch(/^## d|<b>/m);
    expect(text).toContain("a \\| b \\` c \\#\\# d");
  });

  test.each([
    { types: ["anonymous"] as const, named: '"type": "anonymous"', silent: '"type": "service_auth"' },
    { types: ["service_auth"] as const, named: '"type": "service_auth"', silent: '"type": "anonymous"' },
  ])("follows the types that are switched on: $types", async ({ types, named, silent }) => {
    const { agent } = await stage({ options: { identityTypes: [...types] } });
    const { text } = await agent.get(path);
    expect(text).toContain(named);
    expect(text).not.toContain(silent);
  });

  test("names moved paths, another base and another resource", async () => {
    const { agent } = await stage({
      options: {
        issuer: `${origin}/tenant`,
        resource: `${origin}/api`,
        paths: { token: "/t", identity: "/i", claim: "/c", revoke: "/r" },
      },
    });
    const { text } = await agent.get("/tenant/auth.md");
    for (const url of ["/tenant/t", "/tenant/i", "/tenant/c", "/tenant/r", "/api"])
      expect(text).toContain(origin + url);
    expect(text).toContain(`${origin}/.well-known/oauth-protected-resource/api`);
    expect(text).toContain(`${origin}/.well-known/oauth-authorization-server/tenant`);
    expect(text).not.toContain("/oauth2/");
  });
});

describe("the ceremony in force", () => {
  /** The document without the table of every error there is. */
  const stepsOf = (text: string) => text.slice(0, text.indexOf("\n## Errors"));
  const encodedGrant = encodeURIComponent("urn:workos:agent-auth:grant-type:claim");

  test.each(["both", "code-entry", "read-back"] as const)(
    "is what the metadata of the same service says: %s",
    async (ceremony) => {
      const { agent } = await stage({ options: { ceremony } });
      const { body } = await agent.get("/.well-known/oauth-authorization-server");
      const methods = body.agent_auth.claim_methods_supported as string[];
      const [showsCode, readsBack] = [methods.includes("code_entry"), methods.includes("read_back")];
      const text = stepsOf((await agent.get(path)).text);
      const named = (words: string) => text.includes(words);
      expect(named(encodedGrant)).toBe(showsCode);
      for (const words of ["authorization_pending", "slow_down", "expired_token", "show them `user_code`"])
        expect([words, named(words)]).toEqual([words, showsCode]);
      const complete = `${body.agent_auth.claim_endpoint}/complete`;
      const refusals = [
        "claim_not_confirmed",
        "otp_invalid",
        "otp_expired",
        "claim_denied",
        "remaining_guesses",
      ];
      for (const words of [complete, '"user_code": "123456"', "ceremony_in_flight", ...refusals])
        expect([words, named(words)]).toEqual([words, readsBack]);
      expect(named("There are two ways to finish")).toBe(showsCode && readsBack);
      expect(named("with the code left empty")).toBe(showsCode && readsBack);
    },
  );

  test.each(["both", "code-entry", "read-back"] as const)(
    "comes with how to refresh, whichever it is: %s",
    async (ceremony) => {
      const { agent } = await stage({ options: { ceremony } });
      const text = stepsOf((await agent.get(path)).text);
      for (const words of [
        '{ "type": "refresh", "refresh_token"',
        "keep only the newest",
        "within 30 seconds",
      ])
        expect(text).toContain(words);
      expect(text).toMatch(/`invalid_refresh_token`: .*Register again/);
    },
  );

  test("names every error an agent meets on its way, as the table spells it", async () => {
    const { agent } = await stage();
    const { text } = await agent.get(path);
    const known = new Set(Object.values(errorTable).map(({ error }) => error));
    const bullets = stepsOf(text).match(/^- (?:4\d\d )?`[a-z_]+`(?: or `[a-z_]+`)?:/gm) ?? [];
    const names = bullets.flatMap((bullet) => [...bullet.matchAll(/`([a-z_]+)`/g)].map(([, name]) => name));
    expect(names.length).toBeGreaterThan(10);
    for (const name of names) expect([name, known.has(name as string)]).toEqual([name, true]);
  });

  test("says how long a code lives, as the options do", async () => {
    const { agent } = await stage({ options: { lifetimes: { attemptSeconds: 60 } } });
    expect((await agent.get(path)).text).toContain("which is one minute after they authorised");
  });

  test("follows a claim endpoint that was moved, completion and all", async () => {
    const { agent } = await stage({ options: { paths: { claim: "/c" } } });
    expect((await agent.get(path)).text).toContain(`POST ${origin}/c/complete`);
    const answer = await agent.post("/c/complete").send({ claim_token: "ct_x", user_code: "123456" });
    expect([answer.status, answer.body.error]).toEqual([401, "invalid_claim_token"]);
    expect((await agent.post("/agent/identity/claim/complete").send({})).status).toBe(404);
  });
});

describe("routes and metadata match", () => {
  test("every URL in the metadata is served", async () => {
    const { agent } = await stage();
    const { body } = await agent.get("/.well-known/oauth-authorization-server");
    const urls = Object.entries({ ...body, ...body.agent_auth })
      .filter(([name]) => /(_endpoint|_uri|^skill)$/.test(name))
      .map(([, url]) => pathOf(url as string));
    // Where people would be sent, scripts have no business (RFC 9700 section 2.6).
    const forPeople = pathOf(body.authorization_endpoint);
    expect((await agent.get(forPeople)).body.error).toBe("unsupported_response_type");
    for (const url of new Set(urls.filter((named) => named !== forPeople))) {
      const { headers, status } = await agent.options(url);
      expect([url, status]).toEqual([url, 204]);
      const method = String(headers["access-control-allow-methods"]).startsWith("POST") ? "post" : "get";
      expect([url, (await agent[method](url)).status]).not.toEqual([url, 404]);
    }
  });

  test("every route of an agent is in the metadata, and nothing else is", async () => {
    const { agent } = await stage();
    const { body } = await agent.get("/.well-known/oauth-authorization-server");
    const named = {
      serverMetadata: `${body.issuer}/.well-known/oauth-authorization-server`,
      resourceMetadata: `${body.resource}/.well-known/oauth-protected-resource`,
      jwks: body.jwks_uri,
      authMd: body.agent_auth.skill,
      identity: body.agent_auth.identity_endpoint,
      claim: body.agent_auth.claim_endpoint,
      // Clients put it behind the claim endpoint themselves.
      claimComplete: `${body.agent_auth.claim_endpoint}/complete`,
      token: body.token_endpoint,
      revoke: body.revocation_endpoint,
    };
    // Pages are for people, and events are for providers, who are named only where some are trusted.
    const forAgents = routes.filter(
      ({ family, place }) => ["agent", "oauth"].includes(family) && place !== "authorize",
    );
    expect(Object.keys(named).sort()).toEqual(forAgents.map(({ place }) => place).sort());
    for (const { place, method, cors } of forAgents) {
      const { headers } = await agent.options(pathOf(named[place as keyof typeof named]));
      expect([place, cors, headers["access-control-allow-methods"]]).toEqual([
        place,
        true,
        method === "GET" ? "GET, HEAD, OPTIONS" : "POST, OPTIONS",
      ]);
    }
  });
});
