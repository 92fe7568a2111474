/** Owns the addresses of this provider and its two documents (RFC 8414; client id metadata document). */
import { pathOf, wellKnownUrl } from "./issuer.js";
import type { SigningAlgorithm } from "./model.js";
import { idJagUrn } from "./tokens.js";

export const tokenExchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
export const deviceCodeGrant = "urn:ietf:params:oauth:grant-type:device_code";
const jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";

/** Paths from the mount point. */
export const paths = {
  jwks: "/.well-known/jwks.json",
  clientMetadata: "/agent-client.json",
  deviceAuthorization: "/device_authorization",
  token: "/token",
  signIn: "/sign-in",
  signOut: "/sign-out",
  device: "/device",
  consent: "/consent",
  delegations: "/delegations",
  revoke: "/delegations/revoke",
} as const;

export type PathName = keyof typeof paths;

export function urlOf(issuer: string, name: PathName): string {
  return issuer + paths[name];
}

/** Paths from the origin's root at which the metadata is served: by the RFC, and with the well-known part appended. */
export function metadataPaths(issuer: string): string[] {
  const appended = `${pathOf(issuer)}/.well-known/oauth-authorization-server`;
  return [...new Set([new URL(wellKnownUrl(issuer, "oauth-authorization-server")).pathname, appended])];
}

export function serverMetadata(issuer: string, idTokenAlgorithms: SigningAlgorithm[]): object {
  return {
    issuer,
    token_endpoint: urlOf(issuer, "token"),
    device_authorization_endpoint: urlOf(issuer, "deviceAuthorization"),
    jwks_uri: urlOf(issuer, "jwks"),
    grant_types_supported: [tokenExchangeGrant, deviceCodeGrant],
    // Required by RFC 8414 although there is no authorization endpoint.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ["none", "client_secret_basic", "client_secret_post"],
    identity_chaining_requested_token_types_supported: [idJagUrn],
    id_token_signing_alg_values_supported: idTokenAlgorithms,
  };
}

/** The agent runtime that comes with this provider, as a client id metadata document describes it. */
export function clientMetadata(issuer: string, name: string): object {
  return {
    client_id: urlOf(issuer, "clientMetadata"),
    client_name: name,
    client_uri: issuer,
    jwks_uri: urlOf(issuer, "jwks"),
    grant_types: [tokenExchangeGrant, deviceCodeGrant, jwtBearerGrant],
    authorization_grant_profiles_supported: ["urn:ietf:params:oauth:grant-profile:id-jag"],
    token_endpoint_auth_method: "none",
  };
}
