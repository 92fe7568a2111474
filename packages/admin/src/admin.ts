/** Owns the dashboard as Express sees it: one handler that reads a request, lets the router answer it, and writes. */
import { randomBytes } from "node:crypto";
import type { AgentAuth } from "@agent-auth/middleware";
import type { NextFunction, Request, RequestHandler, Response } from "express";
import { noticePage, pathWith, type Query } from "./call.js";
import {
  type AgentAdminOptions,
  checkOperator,
  type Operator,
  parseOptions,
  type Settings,
} from "./options.js";
import { browserSecret, pageHeaders, Tokens } from "./page-guard.js";
import { type Answer, type Reply, writeAnswer, writeDownload } from "./reply.js";
import { answerCall, isOurs, navigation } from "./router.js";
import type { AdminSurface } from "./surface.js";
import { pathOfPage, themeOf } from "./theme.js";
import { createRenderer, dashboardStylesheet } from "./views/render.js";
import { notices } from "./views/texts-en.js";
import { words } from "./views/words.js";

/** A database that is locked or restarted is back within moments. */
const retryAfterSeconds = 2;

/**
 * Creates the operators' dashboard of `auth`, to be mounted under any path. Throws at once for bad options, above all
 * without `authorize`, and for a store that cannot list.
 */
export function agentAdmin(auth: Pick<AgentAuth, "admin">, options: AgentAdminOptions): RequestHandler {
  const surface: AdminSurface = auth.admin;
  const settings = parseOptions(options, surface.serviceName);
  if (surface.queries === null)
    throw new TypeError(
      "agentAdmin: the store of agentAuth has no AdminQueries, which the dashboard lists with",
    );
  const render = createRenderer();
  const { css, fingerprint } = dashboardStylesheet();
  const stylesheetPath = `/dashboard-${fingerprint}.css`;

  return (request: Request, response: Response, next: NextFunction) => {
    const path = request.url.split("?")[0] || "/";
    if (path === stylesheetPath) return writeAnswer(request, response, stylesheetAnswer(css));
    const base = settings.basePath ?? request.baseUrl.replace(/^\/{2,}/, "/");
    // Mounted at the root, what is not ours may be the host's.
    if (base === "" && !isOurs(path)) return next();
    const link = (to: string, query: Query = {}) => pathWith(base, to, query);
    const headers: Answer["headers"] = pageHeaders(request.secure);
    let operator: Operator | null = null;
    let secret = "";

    const send = async (reply: Reply): Promise<void> => {
      if (reply.kind === "redirect")
        return writeAnswer(request, response, {
          status: 303,
          headers: { ...headers, Location: reply.location, ...cookies(headers, reply.setCookie) },
          body: "",
        });
      if (reply.kind === "download")
        return writeDownload(response, downloadHeaders(headers, reply), reply.pieces);
      const frame = {
        title: settings.title,
        environment: settings.environment,
        operator,
        stylesheetHref: link(stylesheetPath),
        themeStylesheetHref: settings.themeStylesheetUrl,
        home: link("/"),
        navigation: operator === null ? [] : navigation(operator.role, link),
        theme: themeOf(request),
        themeForm:
          operator === null
            ? null
            : {
                action: link("/theme"),
                csrf: new Tokens(secret, operator.id, surface.now()).form(),
                returnTo: pathOfPage(path, request.url),
              },
      };
      writeAnswer(request, response, {
        status: reply.status,
        headers: { ...headers, ...reply.headers, "Content-Type": "text/html; charset=utf-8" },
        body: render(frame, reply.page),
      });
    };

    const answer = async (): Promise<void> => {
      operator = checkOperator(await settings.authorize(request));
      if (operator === null) return send(strangerReply(settings, request, base, path));
      const carried = browserSecret(request, base);
      secret = carried.value;
      if (carried.setCookie !== null) headers["Set-Cookie"] = carried.setCookie;
      await send(await answerCall({ surface, settings, operator, request, path, link, secret }));
    };

    void answer().catch((error: unknown) => {
      const requestId = randomBytes(6).toString("hex");
      const isDown = (error as Error | null)?.name === "StoreUnavailable";
      const fields = { requestId, method: request.method, path, error };
      settings.logger.error(surface.redacted(fields), "the dashboard failed");
      if (response.headersSent) {
        response.destroy();
        return;
      }
      const page = noticePage(isDown ? "unavailable" : "failed", null, [
        { kind: "facts", facts: [{ label: notices.reference, value: words(requestId) }] },
      ]);
      const headers = isDown ? { "Retry-After": String(retryAfterSeconds) } : {};
      return send({ kind: "page", status: isDown ? 503 : 500, page, headers });
    });
  };
}

/** For somebody `authorize` does not know. A form is never redirected: its page may not lead to another origin. */
function strangerReply({ loginUrl }: Settings, request: Request, base: string, path: string): Reply {
  const isRead = request.method === "GET" || request.method === "HEAD";
  request.resume();
  // A form cannot be repeated by an address: after signing in, the overview is the way back.
  // As the browser knows them: a proxy may have taken a prefix away.
  const query = request.url.slice(path.length);
  const href = loginUrl?.(isRead ? `${base}${path}${query}` : base || "/", request) ?? null;
  if (href === null) return { kind: "page", status: 403, page: noticePage("forbidden", null) };
  if (isRead) return { kind: "redirect", location: href };
  const page = noticePage("signed_out", null, [
    { kind: "actions", links: [{ label: notices.signIn, href, tone: "primary" }] },
  ]);
  return { kind: "page", status: 403, page };
}

function stylesheetAnswer(css: string): Answer {
  return {
    status: 200,
    headers: {
      "Content-Type": "text/css; charset=utf-8",
      "Cache-Control": "public, max-age=31536000, immutable",
      "X-Content-Type-Options": "nosniff",
    },
    body: css,
  };
}

/** Beside a cookie that is set anyway. */
function cookies(headers: Answer["headers"], one: string | undefined): Answer["headers"] {
  return one === undefined ? {} : { "Set-Cookie": [headers["Set-Cookie"] ?? [], one].flat() };
}

function downloadHeaders(
  headers: Answer["headers"],
  { contentType, fileName }: { contentType: string; fileName: string },
): Answer["headers"] {
  return {
    ...headers,
    "Content-Type": contentType,
    "Content-Disposition": `attachment; filename="${fileName}"`,
  };
}
