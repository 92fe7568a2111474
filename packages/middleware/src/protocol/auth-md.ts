/** Owns the values of the `/auth.md` template: the document agents read to find out how to register here. */
import type { Endpoints } from "./endpoints.js";
import { claimGrant, jwtBearerGrant, type MetadataInput } from "./metadata.js";

/** What the template prints. Lists are ready to be joined into Markdown. */
export interface AuthMdValues {
  serviceName: string;
  issuer: string;
  resource: string;
  resourceMetadataUrl: string;
  serverMetadataUrl: string;
  url: Endpoints["url"];
  origin: string;
  anonymous: boolean;
  serviceAuth: boolean;
  identityAssertion: boolean;
  scopes: { name: string; description: string; preClaim: boolean }[];
  jwtBearerGrant: string;
  claimGrant: string;
  documentation: string | null;
}

/** Text from the options, kept from breaking out of its place in a Markdown table or list. */
function inline(text: string): string {
  return text.replace(/\s+/g, " ").replace(/([\\`*_{}[\]<>|#])/g, "\\$1");
}

export function authMdValues(
  settings: MetadataInput & { preClaimScopes: readonly string[] },
  endpoints: Endpoints,
): AuthMdValues {
  const origin = new URL(settings.issuer).origin;
  return {
    serviceName: inline(settings.resourceName),
    issuer: settings.issuer,
    resource: settings.resource,
    resourceMetadataUrl: endpoints.resourceMetadata,
    serverMetadataUrl: origin + endpoints.serverMetadataPaths[0],
    url: endpoints.url,
    origin,
    anonymous: settings.identityTypes.includes("anonymous"),
    serviceAuth: settings.identityTypes.includes("service_auth"),
    identityAssertion: settings.identityTypes.includes("identity_assertion"),
    scopes: Object.entries(settings.scopes).map(([name, description]) => ({
      name,
      description: inline(description),
      preClaim: settings.preClaimScopes.includes(name),
    })),
    jwtBearerGrant,
    claimGrant,
    documentation: settings.resourceDocumentation ?? null,
  };
}
