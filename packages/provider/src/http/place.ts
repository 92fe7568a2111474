/** Owns finding out whether a request is for us: by its whole path, wherever in the host's app we are mounted. */
import type { Request } from "express";
import { pathOf } from "../protocol/issuer.js";
import { metadataPaths, type PathName, paths } from "../protocol/metadata.js";
import type { Place } from "./router.js";

export interface Places {
  find(request: Request): Place | null;
  /** The metadata only, for a host that mounts the rest under a prefix. */
  findWellKnown(request: Request): Place | null;
}

export function createPlaces(issuer: string, stylesheetPath: string): Places {
  const wellKnown = new Map<string, Place>(metadataPaths(issuer).map((path) => [path, "metadata"]));
  const places = new Map<string, Place>([...wellKnown, [stylesheetPath, "stylesheet"]]);
  for (const [name, path] of Object.entries(paths) as [PathName, string][])
    places.set(pathOf(issuer) + path, name);
  const wholePath = (request: Request) => request.baseUrl + (request.url.split("?")[0] ?? "");
  return {
    find: (request) => places.get(wholePath(request)) ?? null,
    findWellKnown: (request) => wellKnown.get(wholePath(request)) ?? null,
  };
}
