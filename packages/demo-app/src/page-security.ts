/**
 * Owns the security headers of the demo: everything comes from this origin, nothing runs inline. Only requests of the
 * agent that the home page plays may go to one other place, the sample provider.
 */
import type { RequestHandler } from "express";
import helmet from "helmet";

const policy = {
  "default-src": ["'none'"],
  "script-src": ["'self'"],
  "style-src": ["'self'"],
  "img-src": ["'self'"],
  "connect-src": ["'self'"],
  "form-action": ["'self'"],
  "frame-ancestors": ["'none'"],
  "base-uri": ["'none'"],
};

/** Headers of every response. The library sets stricter ones on its own pages. */
export function securityHeaders(baseUrl: string, sampleProvider: string | null): RequestHandler {
  const connect = ["'self'", ...(sampleProvider === null ? [] : [sampleProvider])];
  return helmet({
    contentSecurityPolicy: { useDefaults: false, directives: { ...policy, "connect-src": connect } },
    // `no-referrer`, helmet's default, makes browsers send `Origin: null` with forms.
    referrerPolicy: { policy: "same-origin" },
    strictTransportSecurity: baseUrl.startsWith("https:"),
    // Only a hint, which browsers complain about once a page of this origin was framed without it.
    originAgentCluster: false,
  });
}

/** For the page that lists captured mail: each is framed, from its own address. */
export const outboxHeaders: RequestHandler = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: { ...policy, "frame-src": ["'self'"] },
});

/**
 * For one captured mail, which brings its style along and is somebody else's text: no script, no request, no form, and
 * an origin of its own, also when it is opened outside of its frame. Its links work, in the window around it.
 */
export const renderedMailHeaders: RequestHandler = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: {
    "default-src": ["'none'"],
    "style-src": ["'unsafe-inline'"],
    "img-src": ["data:"],
    "form-action": ["'none'"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    sandbox: ["allow-popups", "allow-popups-to-escape-sandbox", "allow-top-navigation-by-user-activation"],
  },
});
