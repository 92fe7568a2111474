/** Owns the check that a request which changes something came from a page of this demo (CSRF). */
import express, { type Request, type RequestHandler } from "express";

/**
 * Browsers say where a request comes from in `Sec-Fetch-Site`, or at least in `Origin`. Whoever sends neither is no
 * browser, and has no cookie a stranger could ride on.
 */
export function isSameOrigin(request: Request, baseUrl: string): boolean {
  const site = request.get("sec-fetch-site");
  if (site !== undefined) return site === "same-origin" || site === "none";
  const origin = request.get("origin");
  return origin === undefined || origin === new URL(baseUrl).origin;
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
