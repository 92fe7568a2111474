/** Owns errors of body parsers the host mounted before us, on our paths only: they get our shape, not an HTML page. */

import type { ErrorRequestHandler } from "express";
import { bodyRefusal, failureReply, withCors } from "./dispatch.js";
import type { Places } from "./place.js";
import { forgetHostCors, writeReply } from "./reply.js";
import type { BodyFault } from "./request-body.js";
import { familyOf } from "./router.js";
import type { Services } from "./services.js";
import { openVisit } from "./visit.js";

/** Faults of body parsers by their `type`; what is not listed is a malformed body. */
const faults: Record<string, BodyFault> = {
  "entity.too.large": "too_large",
  "parameters.too.many": "too_large",
  "charset.unsupported": "wrong_type",
  "encoding.unsupported": "wrong_type",
};

interface HttpError {
  type?: unknown;
  status?: unknown;
}

function isClientError({ status }: HttpError): boolean {
  return typeof status === "number" && status >= 400 && status < 500;
}

/** Body parsers give their errors a `type`. Null: not one of theirs. */
function parserFaultOf(error: HttpError): BodyFault | null {
  return typeof error.type === "string" && isClientError(error) ? (faults[error.type] ?? "malformed") : null;
}

/** Leaves refusals of the host itself, and every other path, to the host. */
export function createErrorHandler(services: Services, places: Places): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    const place = places.find(request);
    const httpError: HttpError = typeof error === "object" && error !== null ? error : {};
    const fault = parserFaultOf(httpError);
    // A refusal of the host's own, such as its CSRF check's, is the host's to word.
    const isTheirs = fault === null && isClientError(httpError);
    if (place === null || isTheirs || response.headersSent) return next(error);
    const family = familyOf(place);
    const failure = fault === null ? error : bodyRefusal(family, fault);
    const visit = openVisit(services, place, request, response);
    const reply = failureReply(visit, family, failure);
    forgetHostCors(response);
    writeReply(request, response, withCors(place, reply));
    visit.end(reply);
  };
}
