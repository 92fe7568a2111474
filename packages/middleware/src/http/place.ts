/**
 * Owns finding out whether a request is for us. A path counts from the mount point; the discovery documents, and the
 * rest behind a proxy that keeps the prefix, count from the origin's root.
 */
import type { Request } from "express";
import { completeSuffix, type Endpoints, type Paths } from "../protocol/endpoints.js";
import { pathOf } from "../protocol/issuer.js";
import type { IdentityType } from "../protocol/metadata.js";
import type { Place } from "./router.js";

const slash = "/".charCodeAt(0);

export interface Places {
  find(request: Request): Place | null;
  /** Discovery documents only, wherever the router that asks is mounted. */
  findWellKnown(request: Request): Place | null;
}

export function createPlaces(
  settings: { paths: Paths; baseUrl: string; identityTypes: readonly IdentityType[] },
  endpoints: Endpoints,
  stylesheetPath: string,
): Places {
  const fromMount = new Map<string, Place>();
  const fromRoot = new Map<string, Place>();
  const wellKnown = new Map<string, Place>();
  const base = pathOf(settings.baseUrl);
  const own = {
    ...settings.paths,
    claimComplete: settings.paths.claim + completeSuffix,
    stylesheet: stylesheetPath,
  };
  for (const [place, path] of Object.entries(own) as [Place, string][]) {
    // Nobody can send events to a service that trusts no provider: the path is the host's.
    if (place === "events" && !settings.identityTypes.includes("identity_assertion")) continue;
    fromMount.set(path, place);
    fromRoot.set(base + path, place);
  }
  for (const path of endpoints.resourceMetadataPaths) wellKnown.set(path, "resourceMetadata");
  for (const path of endpoints.serverMetadataPaths) wellKnown.set(path, "serverMetadata");
  const jwksPath = pathOf(endpoints.url.jwks);
  wellKnown.set(jwksPath, "jwks");

  const pathFromMount = (request: Request) => {
    const { url } = request;
    // RFC 9112 section 3.2.2: a server takes whole URLs as targets too. Express reads those for us.
    if (url.charCodeAt(0) !== slash) return request.path;
    const query = url.indexOf("?");
    return query < 0 ? url : url.slice(0, query);
  };
  const pathFromRoot = (request: Request, path: string) =>
    request.baseUrl === "" ? path : request.baseUrl + path;
  return {
    find(request) {
      const path = pathFromMount(request);
      const full = pathFromRoot(request, path);
      return wellKnown.get(full) ?? fromMount.get(path) ?? fromRoot.get(full) ?? null;
    },
    findWellKnown(request) {
      return wellKnown.get(pathFromRoot(request, pathFromMount(request))) ?? null;
    },
  };
}
