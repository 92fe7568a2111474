/** Owns what a request gets that no route answered or that failed: JSON on the API, a page elsewhere. */
import { randomBytes } from "node:crypto";
import type { ErrorRequestHandler, Request, RequestHandler, Response } from "express";
import type { Logger } from "pino";

/** One shape for every error of the demo's API. */
export function sendApiError(response: Response, status: number, error: string, message: string): void {
  response.status(status).json({ error, message });
}

const isApi = (request: Request) => request.path === "/api" || request.path.startsWith("/api/");

const pages = {
  400: ["This request cannot be read", "Go back and try again."],
  404: ["There is nothing here", "The address may be mistyped, or what it led to is gone."],
  413: ["That is too much text", "Go back and send less."],
} as const;

function answer(request: Request, response: Response, status: number, error: string, message: string): void {
  if (isApi(request)) {
    sendApiError(response, status, error, message);
    return;
  }
  const [heading, advice] = pages[status as keyof typeof pages] ?? ["Something went wrong", message];
  response.status(status).render("message", {
    title: heading,
    heading,
    message: advice,
    link: { href: "/", text: "Open the demo" },
  });
}

export const notFound: RequestHandler = (request, response) => {
  answer(request, response, 404, "not_found", "There is nothing at this address.");
};

const clientErrors: Record<number, [error: string, message: string]> = {
  413: ["body_too_large", "Send a body of at most 16 KiB."],
  415: ["unsupported_media_type", "Send the body as UTF-8 without an unusual encoding."],
};

/** Errors of the parsers keep their status; anything else is 500 with an id that leads to the log line. */
export function handleErrors(logger: Logger): ErrorRequestHandler {
  return (error: unknown, request, response, next) => {
    if (response.headersSent) return next(error);
    const status = (error as { status?: unknown } | null)?.status;
    if (typeof status === "number" && status >= 400 && status < 500) {
      const [name, message] = clientErrors[status] ?? ["invalid_request", "The request cannot be read."];
      return answer(request, response, status, name, message);
    }
    const requestId = randomBytes(8).toString("hex");
    logger.error({ err: error, requestId, method: request.method, path: request.path }, "request failed");
    answer(
      request,
      response,
      500,
      "server_error",
      `The server failed. Its log has the details under ${requestId}.`,
    );
  };
}
