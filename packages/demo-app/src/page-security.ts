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
  });
}

/**
 * For the page that shows captured mail: mail carries its style inline, and a frame filled from `srcdoc` inherits the
 * policy of its page. The frames are sandboxed without scripts, and scripts stay limited to our own files.
 */
export const mailPreviewHeaders: RequestHandler = helmet.contentSecurityPolicy({
  useDefaults: false,
  directives: { ...policy, "style-src": ["'self'", "'unsafe-inline'"], "img-src": ["'self'", "data:"] },
});
