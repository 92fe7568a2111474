/** Owns the table of pages (method, path, role, handler) and the checks that come before any of them. */
import type { Request } from "express";
import { type Call, type Handler, noticeReply, type Query } from "./call.js";
import { isAtLeast, type Operator, type Role, type Settings } from "./options.js";
import { isSameOrigin, Tokens } from "./page-guard.js";
import { exportAuditCsv, exportAuditLines, showAudit } from "./pages/audit.js";
import { showBulk, submitBulk } from "./pages/bulk.js";
import { showDelegations, showUnlink, submitUnlink } from "./pages/delegations.js";
import { showIncident, submitIncident } from "./pages/incident.js";
import { showJob, showJobs } from "./pages/jobs.js";
import { showKeys, showRotate, submitRotate } from "./pages/keys.js";
import { showMail, submitRetry } from "./pages/mail.js";
import { showOverview } from "./pages/overview.js";
import { showAddProvider, submitAddProvider, submitInspection } from "./pages/provider-add.js";
import { showEdit, submitEdit } from "./pages/provider-edit.js";
import { showSwitch, submitSwitch } from "./pages/provider-switch.js";
import { showProvider, showProviders } from "./pages/providers.js";
import { showRegistration } from "./pages/registration.js";
import { showChange, submitChange } from "./pages/registration-change.js";
import { showRegistrations } from "./pages/registrations.js";
import { exportRegistrations } from "./pages/registrations-export.js";
import { showSettings } from "./pages/settings.js";
import { submitTheme } from "./pages/theme.js";
import { showTokenRevocation, submitTokenRevocation } from "./pages/token.js";
import { showWorkbench, submitWorkbench } from "./pages/workbench.js";
import type { Reply } from "./reply.js";
import { Form, readForm } from "./request-body.js";
import type { AdminQueries, AdminSurface } from "./surface.js";
import type { Section } from "./views/page.js";

interface Route {
  method: "GET" | "POST";
  /** Parts that start with a colon vary. */
  path: string;
  role: Role;
  handler: Handler;
}

const get = (path: string, role: Role, handler: Handler): Route => ({ method: "GET", path, role, handler });
const post = (path: string, role: Role, handler: Handler): Route => ({ method: "POST", path, role, handler });

/** Every page there is. GETs change nothing; every action is a POST to the address of the page that explains it. */
export const routes: readonly Route[] = [
  get("/", "viewer", showOverview),
  get("/registrations", "viewer", showRegistrations),
  post("/registrations.csv", "viewer", exportRegistrations),
  get("/registrations/:id", "viewer", showRegistration),
  get("/registrations/:id/:change", "operator", showChange),
  post("/registrations/:id/:change", "operator", submitChange),
  get("/registrations/:id/tokens/:hash", "operator", showTokenRevocation),
  post("/registrations/:id/tokens/:hash", "operator", submitTokenRevocation),
  get("/bulk/:action", "operator", showBulk),
  post("/bulk/:action", "operator", submitBulk),
  get("/jobs", "viewer", showJobs),
  get("/jobs/:id", "viewer", showJob),
  get("/delegations", "viewer", showDelegations),
  get("/delegations/unlink", "operator", showUnlink),
  post("/delegations/unlink", "operator", submitUnlink),
  get("/providers", "viewer", showProviders),
  get("/providers/view", "viewer", showProvider),
  get("/providers/add", "admin", showAddProvider),
  post("/providers/inspect", "admin", submitInspection),
  post("/providers/add", "admin", submitAddProvider),
  get("/providers/edit", "admin", showEdit),
  post("/providers/edit", "admin", submitEdit),
  get("/providers/switch/:to", "admin", showSwitch),
  post("/providers/switch/:to", "admin", submitSwitch),
  get("/audit", "viewer", showAudit),
  post("/audit.csv", "viewer", exportAuditCsv),
  post("/audit.ndjson", "viewer", exportAuditLines),
  get("/mail", "viewer", showMail),
  post("/mail/:id/retry", "operator", submitRetry),
  get("/keys", "viewer", showKeys),
  get("/keys/rotate", "admin", showRotate),
  post("/keys/rotate", "admin", submitRotate),
  get("/settings", "viewer", showSettings),
  get("/workbench", "admin", showWorkbench),
  post("/workbench", "admin", submitWorkbench),
  get("/incident", "admin", showIncident),
  post("/incident", "admin", submitIncident),
  post("/theme", "viewer", submitTheme),
];

const sectionPaths: Record<Section, string> = {
  overview: "/",
  registrations: "/registrations",
  delegations: "/delegations",
  providers: "/providers",
  audit: "/audit",
  mail: "/mail",
  jobs: "/jobs",
  keys: "/keys",
  settings: "/settings",
  workbench: "/workbench",
  incident: "/incident",
};

/** The sections a role can open. */
export function navigation(role: Role, link: (path: string) => string): { section: Section; href: string }[] {
  return (Object.entries(sectionPaths) as [Section, string][])
    .filter(([, path]) => routes.some((row) => row.path === path && isAtLeast(role, row.role)))
    .map(([section, path]) => ({ section, href: link(path) }));
}

/** Whether any of our pages is at that path. */
export function isOurs(path: string): boolean {
  return routes.some((route) => match(route.path, path) !== null);
}

/** Whether that path has something to look at. */
function isPage(path: string): boolean {
  return routes.some((route) => route.method === "GET" && match(route.path, path) !== null);
}

interface Arrival {
  surface: AdminSurface;
  settings: Settings;
  operator: Operator;
  request: Request;
  path: string;
  link: (path: string, query?: Query) => string;
  secret: string;
}

/** Answers a request of somebody who may be here. Rejects only for what nobody expected. */
export async function answerCall({ path, secret, ...arrival }: Arrival): Promise<Reply> {
  const { request, operator, surface } = arrival;
  const now = surface.now();
  const blank: Call = {
    ...arrival,
    queries: surface.queries as AdminQueries,
    isPage,
    params: {},
    query: new URLSearchParams(/\?(.*)$/s.exec(request.url)?.[1] ?? ""),
    form: new Form(),
    tokens: new Tokens(secret, operator.id, now),
    now,
  };
  const method = request.method === "HEAD" ? "GET" : request.method;
  const candidates = routes.flatMap((route) => {
    const params = match(route.path, path);
    return params === null ? [] : [{ route, params }];
  });
  // A fixed path comes before one with parts that vary.
  candidates.sort((left, right) => Object.keys(left.params).length - Object.keys(right.params).length);
  const found = candidates.find(({ route }) => route.method === method);
  if (found === undefined) {
    request.resume();
    if (candidates.length === 0) return noticeReply(blank, "not_found");
    const methods = [...new Set(candidates.map(({ route }) => route.method))];
    const allow = methods.flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name])).join(", ");
    return { ...noticeReply(blank, "method"), headers: { Allow: allow } } as Reply;
  }
  if (!isAtLeast(operator.role, found.route.role)) {
    request.resume();
    return noticeReply(blank, "role");
  }
  const call = { ...blank, params: found.params };
  if (method === "GET") return found.route.handler(call);
  return answerPost(call, found.route.handler);
}

async function answerPost(call: Call, handler: Handler): Promise<Reply> {
  if (!isSameOrigin(call.request)) {
    call.request.resume();
    return noticeReply(call, "cross_site");
  }
  const read = await readForm(call.request);
  if ("fault" in read) return noticeReply(call, read.fault === "malformed" ? "bad_form" : read.fault);
  if (!call.tokens.isForm(read.form.text("csrf"))) return noticeReply(call, "stale_form");
  return handler({ ...call, form: read.form });
}

/** The varying parts of a path, decoded, or null when it is another path. */
function match(pattern: string, path: string): Record<string, string> | null {
  const wanted = pattern.split("/");
  const given = path.split("/");
  if (wanted.length !== given.length) return null;
  const params: Record<string, string> = {};
  for (const [index, part] of wanted.entries()) {
    const text = given[index] as string;
    if (!part.startsWith(":")) {
      if (part !== text) return null;
    } else {
      const decoded = decode(text);
      if (decoded === null || decoded === "") return null;
      params[part.slice(1)] = decoded;
    }
  }
  return params;
}

function decode(text: string): string | null {
  try {
    return decodeURIComponent(text);
  } catch {
    return null;
  }
}
