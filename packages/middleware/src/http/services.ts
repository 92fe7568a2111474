/** Owns what the HTTP layer is handed by the composition root, and what a handler is handed with a request. */
import type { Request } from "express";
import type { IdentityContext } from "../flows/identity-context.js";
import type { Metrics } from "../metrics-port.js";
import type { Accounts, Logger } from "../ports.js";
import type { Caller } from "../protocol/model.js";
import { withoutPort } from "../protocol/network.js";
import type { Form } from "../protocol/requests.js";
import type { Page } from "../views/page.js";
import type { Limits } from "./limits.js";
import type { RequestIds } from "./visit.js";

export interface Services {
  context: IdentityContext;
  limits: Limits;
  metrics: Metrics;
  requestIds: RequestIds;
  /** Starts to measure; the function it returns answers in seconds. */
  startWatch: () => () => number;
  /** Rejects while the instance cannot serve, and when it never will. */
  ready: () => Promise<void>;
  accounts: Accounts;
  logger: Logger;
  /** Keys of page tokens: current first. */
  csrfKeys: readonly [Buffer, ...Buffer[]];
  /** Keys of the cookies that say that a mailbox was proven, or a manage link opened: current first. */
  proofKeys: readonly [Buffer, ...Buffer[]];
  renderPage: (page: Page) => string;
  stylesheet: { css: string; path: string };
  documents: {
    resourceMetadata: () => object;
    serverMetadata: () => object;
    authMd: () => string;
  };
  /** Scopes in words. */
  scopeDescriptions: Record<string, string>;
  isHttps: boolean;
  /** Origin of the pages, for the same-origin check. */
  origin: string;
}

/** One request on one of our paths. */
export interface Call {
  request: Request;
  caller: Caller;
  query: URLSearchParams;
  /** Parsed JSON of a route with body type `json`. */
  json: unknown;
  /** Body of a route with body type `jws`. */
  text: string;
  /** Parsed form of a route with body type `form`. */
  form: Form;
  /** Says which registration the request turned out to be about, for its line in the log. */
  note: (registrationId: string) => void;
}

const longestUserAgent = 300;

/** The one value of a parameter, or "" when it is absent or doubled: nobody can say which of two was meant. */
export function onlyValue(values: readonly string[]): string {
  return values.length === 1 ? (values[0] as string) : "";
}

/** Who is calling, as far as the host's `trust proxy` lets us believe it. */
export function callerOf(request: Request): Caller {
  return {
    ip: request.ip === undefined ? null : withoutPort(request.ip),
    userAgent: softwareOf(request),
  };
}

/**
 * What calls, in its own words. Where that is a page of a website, what its browser says of itself tells nothing: it may
 * well be the browser of the very person who is asked afterwards.
 */
function softwareOf({ headers }: Request): string | null {
  const { origin, "user-agent": software } = headers;
  if (origin === undefined) return software?.slice(0, longestUserAgent) ?? null;
  const site = origin === "null" ? "a website that hides its address" : `the website ${origin}`;
  return `${site}, in ${software ?? "unknown software"}`.slice(0, longestUserAgent);
}
