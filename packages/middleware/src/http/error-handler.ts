/** Owns errors of body parsers the host mounted before us, on our paths only: they get our shape, not an HTML page. */
import type { ErrorRequestHandler } from "express";
import type { Places } from "./place.js";
import { writeReply } from "./reply.js";
import { bodyRefusal, failureReply, familyOf } from "./router.js";
import type { Services } from "./services.js";

/** Leaves every other error, and every other path, to the host. */
export function createErrorHandler(services: Services, places: Places): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const place = places.find(request);
    if (place === null || response.headersSent) return next(error);
    const family = familyOf(place);
    const status = (error as { status?: unknown } | null)?.status;
    const isParserFault = typeof status === "number" && status >= 400 && status < 500;
    const failure = isParserFault
      ? bodyRefusal(family, status === 413 ? "too_large" : status === 415 ? "wrong_type" : "malformed")
      : error;
    writeReply(request, response, failureReply(services, family, failure, request));
  };
}
