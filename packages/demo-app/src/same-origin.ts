/** Owns the check that a request which changes something came from a page of this demo (CSRF). */
import { isSameOrigin as isFromOrigin } from "@agent-auth/web/page-security";
import express, { type Request, type RequestHandler } from "express";

/** Whether the request comes from this demo. Whoever is no browser has no cookie a stranger could ride on. */
export function isSameOrigin(request: Request, baseUrl: string): boolean {
  return isFromOrigin(request.headers, new URL(baseUrl).origin);
}

const readMethods = new Set(["GET", "HEAD", "OPTIONS"]);

/** Refuses cross-site posts to the demo's own forms with 403. */
export function sameOriginOnly(baseUrl: string): RequestHandler {
  return (request, response, next) => {
    if (readMethods.has(request.method) || isSameOrigin(request, baseUrl)) return next();
    response.status(403).render("message", {
      title: "Request refused",
      heading: "This request came from another site",
      message: "Nothing was changed. Open the demo and press the button there.",
      link: { href: "/", text: "Open the demo" },
    });
  };
}

/** What every form of the demo posts through: the check above, then its fields. */
export function postedForm(baseUrl: string): RequestHandler[] {
  return [sameOriginOnly(baseUrl), express.urlencoded({ extended: false, limit: "16kb" })];
}
