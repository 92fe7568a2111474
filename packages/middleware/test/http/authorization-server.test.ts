/** Authorization server metadata (RFC 8414 with the agent_auth profile; PROTOCOL section 2). */
import { describe, expect, test } from "@jest/globals";
import { stage } from "../support/stages.js";
import { claimGrant, jwtBearerGrant } from "../support/world.js";

const path = "/.well-known/oauth-authorization-server";
const origin = "https://notes.example";
const credential = {
  credential_types_supported: ["access_token"],
  claim_uri: `${origin}/agent/identity/claim`,
};

const document = {
  issuer: origin,
  authorization_endpoint: `${origin}/oauth2/authorize`,
  token_endpoint: `${origin}/oauth2/token`,
  revocation_endpoint: `${origin}/oauth2/revoke`,
  jwks_uri: `${origin}/.well-known/jwks.json`,
  grant_types_supported: [jwtBearerGrant, claimGrant],
  response_types_supported: [],
  token_endpoint_auth_methods_supported: ["none"],
  revocation_endpoint_auth_methods_supported: ["none"],
  scopes_supported: ["api.read", "api.write"],
  protected_resources: [origin],
  resource: origin,
  authorization_servers: [origin],
  bearer_methods_supported: ["header"],
  agent_auth: {
    skill: `${origin}/auth.md`,
    identity_endpoint: `${origin}/agent/identity`,
    claim_endpoint: `${origin}/agent/identity/claim`,
    register_uri: `${origin}/agent/identity`,
    claim_uri: `${origin}/agent/identity/claim`,
    identity_types_supported: ["anonymous", "service_auth"],
    anonymous: credential,
    service_auth: credential,
    claim_methods_supported: ["code_entry", "read_back"],
  },
};

describe("the document", () => {
  test("is exactly what the options say (ASM-01, ASM-02, ASM-05 to ASM-10, ASM-15)", async () => {
    const { agent } = await stage();
    const response = await agent.get(path);
    expect(response.status).toBe(200);
    expect(response.headers["content-type"]).toBe("application/json; charset=utf-8");
    expect(response.headers["x-content-type-options"]).toBe("nosniff");
    expect(response.headers["set-cookie"]).toBeUndefined();
    expect(response.body).toEqual(document);
  });

  test("names the documentation when it is given", async () => {
    const { agent } = await stage({ options: { resourceDocumentation: `${origin}/docs` } });
    const { body } = await agent.get(path);
    expect(body).toEqual({ ...document, service_documentation: `${origin}/docs` });
  });

  test("holds no null, and no empty array but response_types_supported (ASM-06, ASM-12)", async () => {
    const { agent } = await stage();
    const { text } = await agent.get(path);
    expect(text).not.toContain("null");
    expect(text.match(/"[^"]+":\[\]/g)).toEqual(['"response_types_supported":[]']);
  });

  test("has absolute https URLs of the issuer's origin, without query or trailing slash (ASM-05, ASM-13)", async () => {
    const { agent } = await stage();
    const { body } = await agent.get(path);
    const urls = { ...body, ...body.agent_auth };
    const names = Object.keys(urls).filter((name) => /(_endpoint|_uri|^skill)$/.test(name));
    expect(names).toHaveLength(9);
    for (const name of names) {
      const url = new URL(urls[name]);
      expect([name, url.origin, url.search, url.hash]).toEqual([name, origin, "", ""]);
      expect(urls[name]).not.toMatch(/\/$/);
    }
  });

  test("agrees with the protected resource metadata in every restated member (ASM-02, ASM-15)", async () => {
    const { agent } = await stage();
    const { body } = await agent.get(path);
    const { body: resource } = await agent.get("/.well-known/oauth-protected-resource");
    for (const name of ["resource", "authorization_servers", "bearer_methods_supported", "scopes_supported"])
      expect([name, body[name]]).toEqual([name, resource[name]]);
    expect(resource.authorization_servers).toEqual([body.issuer]);
    expect(body.protected_resources).toEqual([resource.resource]);
  });
});

describe("what is not built or switched off is not advertised", () => {
  test("no events, introspection, client registration or proof of possession (ASM-11, ASM-19)", async () => {
    const { agent } = await stage();
    const { body } = await agent.get(path);
    expect(Object.keys({ ...body, ...body.agent_auth }).join(" ")).not.toMatch(
      /event|introspection|registration_endpoint|dpop|signing_alg|identity_assertion|openid|code_challenge/,
    );
    // An agent refreshes at the identity endpoint, and nobody is authorized by redirect.
    expect(body.grant_types_supported).not.toContain("refresh_token");
    expect(body.response_types_supported).toEqual([]);
  });

  test.each([
    { options: { preClaimScopes: undefined }, types: ["service_auth"] },
    { options: { identityTypes: ["anonymous" as const] }, types: ["anonymous"] },
    { options: { identityTypes: ["service_auth" as const] }, types: ["service_auth"] },
  ])("the types follow the options: $types", async ({ options, types }) => {
    const { agent } = await stage({ options });
    const { agent_auth: profile } = (await agent.get(path)).body;
    expect(profile.identity_types_supported).toEqual(types);
    for (const type of ["anonymous", "service_auth"]) {
      expect(Object.hasOwn(profile, type)).toBe(types.includes(type));
      const refused = await agent.post("/agent/identity").send({ type, login_hint: "alice@example.com" });
      expect(refused.status).toBe(types.includes(type) ? 200 : 400);
      if (!types.includes(type)) expect(refused.body.error).toBe(`${type}_not_enabled`);
    }
  });

  test.each([
    { ceremony: "both" as const, methods: ["code_entry", "read_back"], grants: [jwtBearerGrant, claimGrant] },
    { ceremony: "code-entry" as const, methods: ["code_entry"], grants: [jwtBearerGrant, claimGrant] },
    { ceremony: "read-back" as const, methods: ["read_back"], grants: [jwtBearerGrant] },
  ])("the ways to claim follow the ceremony: $ceremony", async ({ ceremony, methods, grants }) => {
    const { agent } = await stage({ options: { ceremony } });
    const { body } = await agent.get(path);
    expect(body.agent_auth.claim_methods_supported).toEqual(methods);
    expect(body.grant_types_supported).toEqual(grants);
    expect(body).toEqual({
      ...document,
      grant_types_supported: grants,
      agent_auth: { ...document.agent_auth, claim_methods_supported: methods },
    });
  });

  test.each(["both", "code-entry", "read-back"] as const)(
    "every grant that is listed works and no other does: %s (ASM-08, CLM-31)",
    async (ceremony) => {
      const { agent } = await stage({ options: { ceremony } });
      const grants = (await agent.get(path)).body.grant_types_supported as string[];
      const errorOf = async (grantType: string) => {
        const form = { grant_type: grantType, assertion: "x", claim_token: "x" };
        return (await agent.post("/oauth2/token").type("form").send(form)).body.error;
      };
      for (const grant of grants) expect([grant, await errorOf(grant)]).toEqual([grant, "invalid_grant"]);
      const unlisted = ["authorization_code", "client_credentials", "refresh_token", "password", claimGrant];
      for (const grant of unlisted.filter((name) => !grants.includes(name)))
        expect([grant, await errorOf(grant)]).toEqual([grant, "unsupported_grant_type"]);
    },
  );
});

describe("an issuer with a path", () => {
  const options = { issuer: `${origin}/tenants/one` };

  test("has its document inserted and appended, with the same bytes (ASM-03, ASM-04, HTTP-11, MCP-12)", async () => {
    const { agent } = await stage({ options });
    const inserted = await agent.get(`${path}/tenants/one`);
    const appended = await agent.get(`/tenants/one${path}`);
    expect([inserted.status, appended.status]).toEqual([200, 200]);
    expect(inserted.body.issuer).toBe(`${origin}/tenants/one`);
    expect(appended.text).toBe(inserted.text);
  });

  test.each([path, `${path}/tenants`, `${path}/tenants/two`, `${path}/tenants/one/more`])(
    "does not answer at %s, which is another issuer's (ASM-03)",
    async (other) => {
      const { agent } = await stage({ options });
      expect((await agent.get(other)).status).toBe(404);
    },
  );
});

test.each(["/.well-known/openid-configuration", "/.well-known/oauth-authorization-server/nope"])(
  "%s is left to the host, which answers 404 (ASM-17)",
  async (unknown) => {
    const { agent } = await stage();
    expect((await agent.get(unknown)).status).toBe(404);
  },
);
