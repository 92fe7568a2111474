/** Owns the HTTP surface as a table: every door into the service is one row. */

import type { Reply } from "./reply.js";
import { authMd } from "./routes/auth-md.js";
import { authorizationServer } from "./routes/authorization-server.js";
import { authorize } from "./routes/authorize.js";
import { claim } from "./routes/claim.js";
import { claimComplete } from "./routes/claim-complete.js";
import { claimPage } from "./routes/claim-page.js";
import { connected } from "./routes/connected.js";
import { events } from "./routes/events.js";
import { identity } from "./routes/identity.js";
import { jwks } from "./routes/jwks.js";
import { manageConnected } from "./routes/manage-connected.js";
import { protectedResource } from "./routes/protected-resource.js";
import { revoke } from "./routes/revoke.js";
import { settleClaim } from "./routes/settle-claim.js";
import { stylesheet } from "./routes/stylesheet.js";
import { token } from "./routes/token.js";
import type { Call, Services } from "./services.js";

/** Decides the shape of refusals. */
export type Family = "agent" | "oauth" | "event" | "page";

interface Route {
  method: "GET" | "POST";
  place: Place;
  family: Family;
  body: "none" | "json" | "form" | "jws";
  /** Whether scripts on other origins may call it: never where a person's session counts. */
  cors: boolean;
  handler: (services: Services, call: Call) => Promise<Reply>;
}

export type Place =
  | "resourceMetadata"
  | "serverMetadata"
  | "jwks"
  | "authMd"
  | "identity"
  | "claim"
  | "claimComplete"
  | "authorize"
  | "token"
  | "revoke"
  | "events"
  | "claimPage"
  | "connectedPage"
  | "stylesheet";

const row = (
  method: Route["method"],
  place: Place,
  family: Family,
  body: Route["body"],
  cors: boolean,
  handler: Route["handler"],
): Route => ({ method, place, family, body, cors, handler });

export const routes: readonly Route[] = [
  row("GET", "resourceMetadata", "agent", "none", true, protectedResource),
  row("GET", "serverMetadata", "agent", "none", true, authorizationServer),
  row("GET", "jwks", "agent", "none", true, jwks),
  row("GET", "authMd", "agent", "none", true, authMd),
  row("POST", "identity", "agent", "json", true, identity),
  row("POST", "claim", "agent", "json", true, claim),
  row("POST", "claimComplete", "agent", "json", true, claimComplete),
  // RFC 9700 section 2.6: no script of another origin has a reason to call an authorization endpoint.
  row("GET", "authorize", "oauth", "none", false, authorize),
  row("POST", "authorize", "oauth", "none", false, authorize),
  row("POST", "token", "oauth", "form", true, token),
  row("POST", "revoke", "oauth", "form", true, revoke),
  row("POST", "events", "event", "jws", false, events),
  row("GET", "claimPage", "page", "none", false, claimPage),
  row("POST", "claimPage", "page", "form", false, settleClaim),
  row("GET", "connectedPage", "page", "none", false, connected),
  row("POST", "connectedPage", "page", "form", false, manageConnected),
  row("GET", "stylesheet", "page", "none", false, stylesheet),
];

/** What all routes of one place have in common. */
export interface Door {
  family: Family;
  cors: boolean;
  /** By method; HEAD goes where GET does. */
  routes: Map<string, Route>;
  /** Value of `Allow`. */
  allow: string;
}

function doorOf(place: Place): Door {
  const own = routes.filter((route) => route.place === place);
  const methods = own.flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  const { family = "agent", cors = false } = own[0] ?? {};
  const byMethod = own.map((route) => [route.method, route] as const);
  const head = own.filter(({ method }) => method === "GET").map((route) => ["HEAD", route] as const);
  return {
    ...{ family, cors, routes: new Map<string, Route>([...byMethod, ...head]) },
    allow: [...methods, ...(cors ? ["OPTIONS"] : [])].join(", "),
  };
}

const doors = new Map(routes.map(({ place }) => [place, doorOf(place)]));

/** The door of a place. */
export function doorAt(place: Place): Door {
  return doors.get(place) ?? doorOf(place);
}

/** The family of a place, which decides what its refusals look like. */
export function familyOf(place: Place): Family {
  return doorAt(place).family;
}
