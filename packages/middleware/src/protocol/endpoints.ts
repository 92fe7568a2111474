/** Owns every URL the service names. All come from configuration, none from a request (PROTOCOL, HTTP-07). */
import { pathOf } from "./issuer.js";

export interface Paths {
  authMd: string;
  jwks: string;
  identity: string;
  claim: string;
  authorize: string;
  token: string;
  revoke: string;
  events: string;
  claimPage: string;
  connectedPage: string;
}

/** What clients put behind the claim endpoint to complete a claim; it has no path of its own. */
export const completeSuffix = "/complete";

export interface Endpoints {
  /** Absolute URLs by the names of `paths`. */
  url: Record<keyof Paths | "claimComplete", string>;
  /** URL of the protected resource metadata, as named in challenges. */
  resourceMetadata: string;
  /** Paths, from the origin's root, at which the protected resource metadata is served. */
  resourceMetadataPaths: string[];
  /** Paths, from the origin's root, at which the authorization server metadata is served. */
  serverMetadataPaths: string[];
}

const resourceWellKnown = "/.well-known/oauth-protected-resource";
const serverWellKnown = "/.well-known/oauth-authorization-server";

export function endpointsOf(settings: {
  issuer: string;
  resource: string;
  baseUrl: string;
  paths: Paths;
}): Endpoints {
  const { issuer, resource, baseUrl, paths } = settings;
  const named = { ...paths, claimComplete: paths.claim + completeSuffix };
  const url = Object.fromEntries(
    Object.entries(named).map(([name, path]) => [name, baseUrl + path]),
  ) as Endpoints["url"];
  const issuerPath = pathOf(issuer);
  const resourcePath = pathOf(resource);
  const { origin: resourceOrigin, search: resourceQuery } = new URL(resource);
  return {
    url,
    // RFC 9728 section 3.1: the well-known part goes between host and path; a query stays.
    resourceMetadata: `${resourceOrigin}${resourceWellKnown}${resourcePath}${resourceQuery}`,
    resourceMetadataPaths: unique([
      `${resourceWellKnown}${resourcePath}`,
      // Some clients keep a trailing slash of the resource.
      `${resourceWellKnown}${resourcePath}/`,
      `${pathOf(baseUrl)}${resourceWellKnown}`,
    ]),
    serverMetadataPaths: unique([
      // RFC 8414 section 3.1 inserts; older agents append.
      `${serverWellKnown}${issuerPath}`,
      `${issuerPath}${serverWellKnown}`,
      `${pathOf(baseUrl)}${serverWellKnown}`,
    ]),
  };
}

function unique(paths: string[]): string[] {
  return [...new Set(paths)];
}
