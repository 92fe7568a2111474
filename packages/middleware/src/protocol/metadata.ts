/** Owns the two discovery documents (RFC 9728 section 2, RFC 8414 section 2, and the `agent_auth` profile). */
import { type Ceremony, claimMethods, usesCodeEntry } from "./ceremony.js";
import type { Endpoints } from "./endpoints.js";
import { idJagTokenType } from "./id-jag.js";
import { enforcedEvents } from "./security-event.js";

export const jwtBearerGrant = "urn:ietf:params:oauth:grant-type:jwt-bearer";
export const claimGrant = "urn:workos:agent-auth:grant-type:claim";

export interface MetadataInput {
  issuer: string;
  resource: string;
  resourceName: string;
  resourceDocumentation?: string | undefined;
  resourceLogoUri?: string | undefined;
  scopes: Record<string, string>;
  identityTypes: readonly IdentityType[];
  ceremony: Ceremony;
  /** Names the trusted issuers in public. */
  publishedIssuers: readonly string[];
}

/** Ways to register that can be switched on. */
export type IdentityType = "anonymous" | "service_auth" | "identity_assertion";

type Document = Record<string, unknown>;

/** Protected resource metadata. */
export function resourceMetadata(input: MetadataInput): Document {
  return {
    resource: input.resource,
    resource_name: input.resourceName,
    ...(input.resourceLogoUri === undefined ? {} : { resource_logo_uri: input.resourceLogoUri }),
    ...(input.resourceDocumentation === undefined
      ? {}
      : { resource_documentation: input.resourceDocumentation }),
    authorization_servers: [input.issuer],
    scopes_supported: Object.keys(input.scopes),
    bearer_methods_supported: ["header"],
  };
}

/** Authorization server metadata. Names only what is switched on. */
export function serverMetadata(input: MetadataInput, { url }: Endpoints): Document {
  const credential = { credential_types_supported: ["access_token"], claim_uri: url.claim };
  const withProviders = input.identityTypes.includes("identity_assertion");
  return {
    issuer: input.issuer,
    // There is nothing to authorize by redirect: it answers `unsupported_response_type`. MCP clients reject a document
    // without it before they look at any grant.
    authorization_endpoint: url.authorize,
    token_endpoint: url.token,
    revocation_endpoint: url.revoke,
    jwks_uri: url.jwks,
    grant_types_supported: usesCodeEntry(input.ceremony) ? [jwtBearerGrant, claimGrant] : [jwtBearerGrant],
    // Required by RFC 8414 although no response type is supported; the one empty array we publish.
    response_types_supported: [],
    token_endpoint_auth_methods_supported: ["none"],
    revocation_endpoint_auth_methods_supported: ["none"],
    scopes_supported: Object.keys(input.scopes),
    ...(input.resourceDocumentation === undefined
      ? {}
      : { service_documentation: input.resourceDocumentation }),
    protected_resources: [input.resource],
    resource: input.resource,
    authorization_servers: [input.issuer],
    bearer_methods_supported: ["header"],
    agent_auth: {
      skill: url.authMd,
      identity_endpoint: url.identity,
      claim_endpoint: url.claim,
      ...(withProviders ? { events_endpoint: url.events } : {}),
      register_uri: url.identity,
      claim_uri: url.claim,
      // What auth.md 0.1 called the endpoint where providers take back what they vouched for.
      ...(withProviders ? { revocation_uri: url.events } : {}),
      identity_types_supported: [...input.identityTypes],
      ...(input.identityTypes.includes("anonymous") ? { anonymous: credential } : {}),
      ...(input.identityTypes.includes("service_auth") ? { service_auth: credential } : {}),
      ...(withProviders ? { identity_assertion: identityAssertionMember(input.publishedIssuers) } : {}),
      claim_methods_supported: claimMethods(input.ceremony),
      ...(withProviders ? { events_supported: [...enforcedEvents] } : {}),
    },
  };
}

function identityAssertionMember(publishedIssuers: readonly string[]): Document {
  return {
    assertion_types_supported: [idJagTokenType],
    credential_types_supported: ["access_token"],
    ...(publishedIssuers.length === 0 ? {} : { issuers_supported: [...publishedIssuers] }),
  };
}

/** Lists that are united, with what a document means that leaves them out (RFC 8414 section 2). */
const mergedLists: Record<string, readonly string[]> = {
  grant_types_supported: ["authorization_code", "implicit"],
  token_endpoint_auth_methods_supported: ["client_secret_basic"],
  scopes_supported: [],
  protected_resources: [],
};

/**
 * Adds our members to a document the host serves itself: theirs win, lists are united, `agent_auth` is ours. Where
 * their `token_endpoint` wins, their endpoint must hand our grants on to ours.
 */
export function mergeMetadata(theirs: Document, ours: Document): Document {
  const merged: Document = { ...ours, ...theirs, agent_auth: ours.agent_auth };
  for (const [name, byDefault] of Object.entries(mergedLists)) {
    // What leaving a list out means concerns a document that speaks for a token endpoint of its own.
    const meant = Object.hasOwn(theirs, "token_endpoint") ? byDefault : [];
    const lists = [theirs[name] ?? meant, ours[name]].filter(Array.isArray);
    merged[name] = [...new Set(lists.flat())];
  }
  return merged;
}
