/** A strict client we did not write, against a real listener: it must accept what is good and see what is wrong. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import * as oauth from "oauth4webapi";
import { type ListeningService, listeningService as service } from "../support/listening-service.js";
import { claimGrant, jwtBearerGrant } from "../support/world.js";

const insecure = { [oauth.allowInsecureRequests]: true };
const client: oauth.Client = { client_id: "agent" };
const none = oauth.None();

async function discover(issuer: URL): Promise<oauth.AuthorizationServer> {
  const response = await oauth.discoveryRequest(issuer, { algorithm: "oauth2", ...insecure });
  return oauth.processDiscoveryResponse(issuer, response);
}

async function registerAt(server: oauth.AuthorizationServer, body: object) {
  const { identity_endpoint: endpoint } = server.agent_auth as { identity_endpoint: string };
  const response = await fetch(endpoint, {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify(body),
  });
  return (await response.json()) as { identity_assertion: string; claim_token: string };
}

async function tokenFrom(
  server: oauth.AuthorizationServer,
  grant: string,
  parameters: Record<string, string>,
): Promise<oauth.TokenEndpointResponse> {
  const response = await oauth.genericTokenEndpointRequest(server, client, none, grant, parameters, insecure);
  return oauth.processGenericTokenEndpointResponse(server, client, response);
}

describe("discovery", () => {
  test.each(["", "/tenants/one"])(
    "of an issuer with the path %j is accepted (ASM-02, ASM-03, ASM-14)",
    async (path) => {
      const { issuer } = await service(path);
      const server = await discover(issuer);
      expect(server.issuer).toBe(issuer.href.replace(/\/$/, ""));
      expect(server.grant_types_supported).toEqual([jwtBearerGrant, claimGrant]);
    },
  );

  test.each([
    { ceremony: "both" as const, grants: [jwtBearerGrant, claimGrant] },
    { ceremony: "code-entry" as const, grants: [jwtBearerGrant, claimGrant] },
    { ceremony: "read-back" as const, grants: [jwtBearerGrant] },
  ])("is accepted with the ceremony $ceremony (ASM-08, ASM-14)", async ({ ceremony, grants }) => {
    const { issuer } = await service("", () => ({ ceremony }));
    const server = await discover(issuer);
    expect(server.grant_types_supported).toEqual(grants);
    expect(server.authorization_endpoint).toBe(`${issuer.origin}/oauth2/authorize`);
  });

  test("of an issuer that is another one is refused by the client (ASM-02)", async () => {
    const { issuer } = await service("/one");
    await expect(discover(new URL("/two", issuer))).rejects.toThrow(oauth.OperationProcessingError);
  });

  test.each(["", "/api", "/api/"])(
    "of a resource with the path %j is accepted (PRM-02, PRM-04)",
    async (path) => {
      const { issuer } = await service("", (origin) => ({ resource: origin + path }));
      const resource = new URL(path, issuer);
      const response = await oauth.resourceDiscoveryRequest(resource, insecure);
      const metadata = await oauth.processResourceDiscoveryResponse(resource, response);
      expect(metadata.resource).toBe(issuer.origin + path);
    },
  );

  test("of the resource leads back to the issuer (PRM-05)", async () => {
    const { issuer } = await service("/tenants/one");
    const response = await oauth.resourceDiscoveryRequest(issuer, insecure);
    const metadata = await oauth.processResourceDiscoveryResponse(issuer, response);
    expect(metadata.authorization_servers).toEqual([issuer.href]);
    const server = await discover(new URL(metadata.authorization_servers?.[0] as string));
    expect(server.protected_resources).toEqual([metadata.resource]);
  });
});

describe("tokens", () => {
  let found: ListeningService;
  let server: oauth.AuthorizationServer;
  let assertion: string;
  let claimToken: string;
  beforeEach(async () => {
    found = await service();
    server = await discover(found.issuer);
    const registered = await registerAt(server, { type: "anonymous" });
    assertion = registered.identity_assertion;
    claimToken = registered.claim_token;
  });
  const notes = (token: string) =>
    oauth.protectedResourceRequest(
      token,
      "GET",
      new URL("/api/notes", found.issuer),
      undefined,
      undefined,
      insecure,
    );

  test("come from the jwt-bearer grant, open the API, and die with revocation (RSI-03)", async () => {
    const token = await tokenFrom(server, jwtBearerGrant, { assertion, resource: server.issuer });
    expect(token).toMatchObject({ token_type: "bearer", expires_in: 3600, scope: "api.read" });
    expect(token.refresh_token).toBeUndefined();
    const called = await notes(token.access_token);
    expect([called.status, await called.json()]).toMatchObject([200, { agent: { kind: "anonymous" } }]);

    const revoke = () => oauth.revocationRequest(server, client, none, token.access_token, insecure);
    expect(await oauth.processRevocationResponse(await revoke())).toBeUndefined();
    expect(await oauth.processRevocationResponse(await revoke())).toBeUndefined();
    const refused = await notes(token.access_token).catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
    expect((refused as oauth.WWWAuthenticateChallengeError).cause[0]?.parameters.error).toBe("invalid_token");
  });

  test.each([
    { grant: jwtBearerGrant, parameters: { assertion: "nonsense" }, error: "invalid_grant" },
    { grant: jwtBearerGrant, parameters: {}, error: "invalid_request" },
    { grant: claimGrant, parameters: { claim_token: "ct_nonsense" }, error: "invalid_grant" },
    { grant: "password", parameters: { username: "a", password: "b" }, error: "unsupported_grant_type" },
  ])("that are refused arrive as the OAuth error $error", async ({ grant, parameters, error }) => {
    const refused = await tokenFrom(server, grant, parameters as Record<string, string>).catch(
      (cause: unknown) => cause,
    );
    expect(refused).toBeInstanceOf(oauth.ResponseBodyError);
    expect(refused).toMatchObject({ error, status: 400, error_description: expect.any(String) });
  });

  test("beyond the granted scope, for another resource, or pending arrive as OAuth errors too", async () => {
    const errorOf = async (grant: string, parameters: Record<string, string>) => {
      const refused = await tokenFrom(server, grant, parameters).catch((cause: unknown) => cause);
      return (refused as oauth.ResponseBodyError).error;
    };
    expect(await errorOf(jwtBearerGrant, { assertion, scope: "api.write" })).toBe("invalid_scope");
    expect(await errorOf(jwtBearerGrant, { assertion, resource: "https://other.example" })).toBe(
      "invalid_target",
    );
    expect(await errorOf(claimGrant, { claim_token: claimToken })).toBe("authorization_pending");
    expect(await errorOf(claimGrant, { claim_token: claimToken })).toBe("slow_down");
  });

  test("that are missing, bad or too weak give challenges that parse, with resource_metadata (BRR-10, BRR-11)", async () => {
    const token = await tokenFrom(server, jwtBearerGrant, { assertion });
    const write = oauth.protectedResourceRequest(
      token.access_token,
      "POST",
      new URL("/api/notes", found.issuer),
      undefined,
      undefined,
      insecure,
    );
    const cases = [
      { call: notes("at_nonsense"), status: 401, error: "invalid_token", scope: undefined },
      { call: write, status: 403, error: "insufficient_scope", scope: "api.write" },
    ];
    for (const { call, status, error, scope } of cases) {
      const refused = (await call.catch((cause: unknown) => cause)) as oauth.WWWAuthenticateChallengeError;
      expect(refused).toBeInstanceOf(oauth.WWWAuthenticateChallengeError);
      expect(refused.status).toBe(status);
      expect(refused.cause).toHaveLength(1);
      const [challenge] = refused.cause;
      expect(challenge?.scheme).toBe("bearer");
      expect(challenge?.parameters).toMatchObject({ error, ...(scope === undefined ? {} : { scope }) });
      const url = new URL(challenge?.parameters.resource_metadata as string);
      const metadata = (await (await fetch(url)).json()) as { resource: string };
      expect(metadata.resource).toBe(found.issuer.origin);
    }
  });
});
