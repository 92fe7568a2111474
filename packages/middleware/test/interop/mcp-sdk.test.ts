/** The client side of the MCP SDK, against a real listener: it finds us, and what cannot work says so (MCP-01 to MCP-03). */
import { describe, expect, test } from "@jest/globals";
import {
  auth,
  buildDiscoveryUrls,
  discoverAuthorizationServerMetadata,
  discoverOAuthProtectedResourceMetadata,
  discoverOAuthServerInfo,
  extractWWWAuthenticateParams,
  type OAuthClientProvider,
  startAuthorization,
} from "@modelcontextprotocol/sdk/client/auth.js";
import type { OAuthTokens } from "@modelcontextprotocol/sdk/shared/auth.js";
import { listeningService } from "../support/listening-service.js";
import { jwtBearerGrant, register } from "../support/world.js";

const ceremonies = ["both", "code-entry", "read-back"] as const;
const paths = ["", "/tenants/one"];
const settings = ceremonies.flatMap((ceremony) => paths.map((path) => ({ ceremony, path })));

describe.each(settings)(
  "discovery with the ceremony $ceremony and the issuer path $path",
  ({ ceremony, path }) => {
    const service = () => listeningService(path, () => ({ ceremony }));

    test("takes the resource's document, and the issuer it names (MCP-01, MCP-02)", async () => {
      const { issuer } = await service();
      const resource = await discoverOAuthProtectedResourceMetadata(issuer);
      expect(resource).toMatchObject({
        resource: issuer.href.replace(/\/$/, ""),
        bearer_methods_supported: ["header"],
      });
      const [server] = resource.authorization_servers ?? [];
      const metadata = await discoverAuthorizationServerMetadata(server as string);
      expect(metadata).toMatchObject({
        issuer: server,
        authorization_endpoint: `${server}/oauth2/authorize`,
        token_endpoint: `${server}/oauth2/token`,
        response_types_supported: [],
      });
    });

    test("needs one call, and the first address it tries is the right one (MCP-12)", async () => {
      const { issuer } = await service();
      const tried: string[] = [];
      const info = await discoverOAuthServerInfo(issuer, {
        fetchFn: (url, init) => {
          tried.push(String(url));
          return fetch(url, init);
        },
      });
      expect(info.authorizationServerMetadata?.issuer).toBe(issuer.href.replace(/\/$/, ""));
      expect(info.resourceMetadata?.resource).toBe(issuer.href.replace(/\/$/, ""));
      expect(tried).toHaveLength(2);
      const others = buildDiscoveryUrls(issuer).filter(({ url }) => !tried.includes(url.href));
      for (const { url } of others) expect([url.href, (await fetch(url)).status]).toEqual([url.href, 404]);
    });

    test("starts at the challenge of any protected call (MCP-01)", async () => {
      const { issuer } = await service();
      const { resourceMetadataUrl } = extractWWWAuthenticateParams(
        await fetch(new URL("/api/notes", issuer)),
      );
      const resource = await discoverOAuthProtectedResourceMetadata(issuer, {
        resourceMetadataUrl: resourceMetadataUrl as URL,
      });
      expect(resource.authorization_servers).toEqual([issuer.href.replace(/\/$/, "")]);
    });

    test("ends the flow of a browser with a clear word, and no redirect ever happens (MCP-03)", async () => {
      const { issuer } = await service();
      const { authorizationServerMetadata: metadata, authorizationServerUrl } =
        await discoverOAuthServerInfo(issuer);
      const starting = startAuthorization(authorizationServerUrl, {
        ...(metadata === undefined ? {} : { metadata }),
        clientInformation: { client_id: "client" },
        redirectUrl: "http://127.0.0.1/callback",
      });
      await expect(starting).rejects.toThrow("does not support response type code");
      const url = new URL(metadata?.authorization_endpoint as string);
      url.search = "?response_type=code&client_id=client&redirect_uri=http://127.0.0.1/callback";
      const answer = await fetch(url, { redirect: "manual" });
      expect([answer.status, answer.headers.get("location")]).toEqual([400, null]);
      expect(await answer.json()).toMatchObject({ error: "unsupported_response_type" });
    });
  },
);

test("a document without an authorization endpoint is refused: the day this fails, decision 0006 can be looked at again", async () => {
  const { issuer } = await listeningService("", () => ({
    extendMetadata: ({ authorization_endpoint: _, ...document }) => document,
  }));
  await expect(discoverAuthorizationServerMetadata(issuer)).rejects.toThrow("authorization_endpoint");
});

describe("a client without a browser", () => {
  /** Brings an assertion of ours where the SDK would bring an authorization code. */
  function bringing(assertion: string) {
    const kept: OAuthTokens[] = [];
    const never = () => {
      throw new Error("a browser was asked for");
    };
    const provider: OAuthClientProvider = {
      redirectUrl: undefined,
      clientMetadata: { redirect_uris: [], token_endpoint_auth_method: "none" },
      clientInformation: () => ({ client_id: "agent" }),
      tokens: () => kept.at(-1),
      saveTokens: (tokens) => void kept.push(tokens),
      redirectToAuthorization: never,
      saveCodeVerifier: never,
      codeVerifier: never,
      prepareTokenRequest: () => new URLSearchParams({ grant_type: jwtBearerGrant, assertion }),
    };
    return { provider, kept };
  }

  test.each(ceremonies)("is authorized by the SDK itself and calls the API: %s", async (ceremony) => {
    const { issuer, world } = await listeningService("", () => ({ ceremony }));
    const { identity_assertion: assertion } = (await register.anonymous(world)).body;
    const { provider, kept } = bringing(assertion);
    expect(await auth(provider, { serverUrl: issuer })).toBe("AUTHORIZED");
    expect(kept).toMatchObject([{ token_type: "Bearer", scope: "api.read" }]);
    const called = await fetch(new URL("/api/notes", issuer), {
      headers: { Authorization: `Bearer ${kept[0]?.access_token}` },
    });
    expect(called.status).toBe(200);
  });
});
