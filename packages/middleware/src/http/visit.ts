/**
 * Owns what surrounds one request on our endpoints: its id, which is in every line about it and in the answer, its own
 * line in the log, and its count. Nothing a caller sent is written: a line has a fixed set of members, and their values
 * are words of ours, ids and numbers.
 */

import type { Request, Response } from "express";
import type { Logger } from "../ports.js";
import { formatId, idBytes } from "../protocol/ids.js";
import type { Reply } from "./reply.js";
import type { Place } from "./router.js";
import type { Services } from "./services.js";

export const requestIdHeader = "X-Request-Id";

/** What an id may look like: it goes into a header, a log line and a JSON body. */
const wellFormed = /^[A-Za-z0-9][A-Za-z0-9._:/+=-]{0,127}$/;

export interface RequestIds {
  /** The host's word for this request, if it has one; a header of the caller's only if the host says so. */
  requestId: ((request: Request) => unknown) | undefined;
  random: { bytes(length: number): Buffer };
}

const usable = (value: unknown): string | null =>
  typeof value === "string" && wellFormed.test(value) ? value : null;

/** The id the host gave the request, by its hook or in the answer's header already; else a new one. Sends it back. */
export function identifyRequest(ids: RequestIds, request: Request, response: Response): string {
  const id =
    usable(hostsWord(ids, request)) ??
    usable(response.getHeader(requestIdHeader)) ??
    formatId("req", ids.random.bytes(idBytes));
  if (!response.headersSent) response.setHeader(requestIdHeader, id);
  return id;
}

/** A hook that throws names nothing: no request fails for want of an id. */
function hostsWord({ requestId }: RequestIds, request: Request): unknown {
  try {
    const word = requestId?.(request);
    return typeof word === "number" ? String(word) : word;
  } catch {
    return undefined;
  }
}

/** The same log, with these members in every line. */
export function logWith(log: Logger, members: object): Logger {
  const to = (level: keyof Logger) => (fields: object, message: string) =>
    log[level](Object.assign({}, members, fields), message);
  return { debug: to("debug"), info: to("info"), warn: to("warn"), error: to("error") };
}

export interface Visit {
  requestId: string;
  place: Place;
  /** The services, logging under the id of the request. */
  services: Services;
  /** Which registration the request turned out to be about. */
  note(registrationId: string): void;
  /** Call once, when the answer was written. */
  end(reply: Pick<Reply, "refusal">): void;
}

/** Begins a request on one of our places. */
export function openVisit(shared: Services, place: Place, request: Request, response: Response): Visit {
  const elapsed = shared.startWatch();
  const requestId = identifyRequest(shared.requestIds, request, response);
  const logger = logWith(shared.logger, { requestId });
  let registrationId: string | null = null;
  // Inherited and not copied: there are many of them, and every request would pay for the copy.
  const services: Services = Object.create(shared);
  return {
    requestId,
    place,
    services: Object.assign(services, { logger, limits: shared.limits.loggingTo(logger) }),
    note(id) {
      registrationId = id;
    },
    end({ refusal }) {
      const seconds = elapsed();
      const { statusCode: status } = response;
      shared.metrics.request({ route: place, status, refusal: refusal ?? "", seconds });
      const { method } = request;
      // What changes nothing and went well is for who looks closely.
      const level = status < 400 && method !== "POST" ? "debug" : "info";
      const durationMs = Math.round(seconds * 10_000) / 10;
      const fields: Record<string, unknown> = { route: place, method, status, durationMs };
      if (refusal !== undefined) fields.refusal = refusal;
      if (registrationId !== null) fields.registrationId = registrationId;
      logger[level](fields, "request answered");
    },
  };
}
