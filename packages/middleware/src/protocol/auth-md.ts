/** Owns the values of the `/auth.md` template: the document agents read to find out how to register here. */
import { usesCodeEntry, usesReadBack } from "./ceremony.js";
import type { Endpoints } from "./endpoints.js";
import { claimGrant, jwtBearerGrant, type MetadataInput } from "./metadata.js";
import { refreshGraceSeconds } from "./refresh-token.js";

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
  codeEntry: boolean;
  readBack: boolean;
  /** How long a code lives, in words. */
  codeLife: string;
  refreshGraceSeconds: number;
  scopes: { name: string; description: string; preClaim: boolean }[];
  jwtBearerGrant: string;
  claimGrant: string;
  documentation: string | null;
}

/** `10 minutes`, or seconds where they are no whole minutes. */
function inWords(seconds: number): string {
  if (seconds === 60) return "one minute";
  return seconds % 60 === 0 ? `${seconds / 60} minutes` : `${seconds} seconds`;
}

/** Text from the options, kept from breaking out of its place in a Markdown table or list. */
function inline(text: string): string {
  return text.replace(/\s+/g, " ").replace(/([\\`*_{}[\]<>|#])/g, "\\$1");
}

export function authMdValues(
  settings: MetadataInput & { preClaimScopes: readonly string[]; lifetimes: { attemptSeconds: number } },
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
    codeEntry: usesCodeEntry(settings.ceremony),
    readBack: usesReadBack(settings.ceremony),
    codeLife: inWords(settings.lifetimes.attemptSeconds),
    refreshGraceSeconds,
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
