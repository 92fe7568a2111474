/** Owns the options of the dashboard: their types, their checks, and what they are when left out. */
import type { Request } from "express";

/** What an operator may do. Each role may do what the ones before it may. */
export const roles = ["viewer", "operator", "admin"] as const;
export type Role = (typeof roles)[number];

/** The person at the dashboard. `id` is what the audit log keeps. */
export interface Operator {
  id: string;
  name: string;
  role: Role;
}

export interface AgentAdminOptions {
  /** Who is asking, from the host's own session; null: nobody who may see this. Called once per request. */
  authorize: (request: Request) => Operator | null | Promise<Operator | null>;
  /**
   * Where people sign in, given the path to come back to. Null for somebody who is signed in already and is no
   * operator: they get a 403 page, as all strangers do when it is left out.
   */
  loginUrl?: ((returnTo: string, request: Request) => string | null) | undefined;
  /** Path the dashboard has for browsers, when a proxy strips a prefix. Left out, it is where Express mounted it. */
  basePath?: string | undefined;
  /** Shown in the corner. Left out: the name of the service. */
  title?: string | undefined;
  /** Such as `production` or `staging`, shown on every page so that nobody acts on the wrong one. */
  environment?: string | undefined;
  /** `stylesheetUrl`: a stylesheet of this origin, loaded after ours, that sets our variables (see `views/base.css`). */
  theme?: { stylesheetUrl?: string | undefined } | undefined;
  /** Told about failures nobody expected. Left out: the console. */
  logger?: { error(fields: object, message: string): void } | undefined;
}

/** The options once checked, with nothing left out. */
export interface Settings {
  authorize: AgentAdminOptions["authorize"];
  loginUrl: ((returnTo: string, request: Request) => string | null) | null;
  basePath: string | null;
  title: string;
  environment: string | null;
  themeStylesheetUrl: string | null;
  logger: { error(fields: object, message: string): void };
}

const known = ["authorize", "loginUrl", "basePath", "title", "environment", "theme", "logger"];

/** Checks the options. Throws a `TypeError` that lists every problem and what to do about it. */
export function parseOptions(options: AgentAdminOptions, serviceName: string): Settings {
  const problems: string[] = [];
  const { authorize, loginUrl, basePath, title, environment, theme, logger } = options ?? {};
  for (const name of Object.keys(options ?? {}))
    if (!known.includes(name)) problems.push(`${name}: there is no such option`);
  if (typeof authorize !== "function")
    problems.push(
      "authorize: has to be given. It decides who may see and stop agents: " +
        "(request) => ({ id, name, role }) with role viewer, operator or admin, or null for everybody else",
    );
  if (loginUrl !== undefined && typeof loginUrl !== "function")
    problems.push("loginUrl: has to be a function from the path to return to, to an address");
  if (basePath !== undefined && !/^(\/[^/?#\\\s;,][^?#\\\s;,]*)?$/.test(basePath))
    problems.push("basePath: has to be a path such as /admin/agents");
  const stylesheetUrl = theme?.stylesheetUrl;
  if (stylesheetUrl !== undefined && !/^\/(?![/\\])\S*$/.test(stylesheetUrl))
    problems.push("theme.stylesheetUrl: has to be a path on this origin, such as /brand.css");
  if (problems.length > 0) throw new TypeError(`agentAdmin: ${problems.join("; ")}`);
  return Object.freeze({
    authorize,
    loginUrl: loginUrl ?? null,
    basePath: basePath?.replace(/\/+$/, "") ?? null,
    title: title ?? serviceName,
    environment: environment ?? null,
    themeStylesheetUrl: stylesheetUrl ?? null,
    logger: logger ?? { error: (fields, message) => console.error(message, fields) },
  });
}

/** What `authorize` gave, if it is an operator. Throws for anything that is neither that nor null. */
export function checkOperator(given: unknown): Operator | null {
  // What `session && session.operator` gives for a stranger: any of the nothings of the language.
  if (!given) return null;
  const { id, name, role } = given as Partial<Operator>;
  if (typeof id !== "string" || id === "" || !roles.includes(role as Role))
    throw new TypeError(
      "authorize has to return null or { id, name, role } with role viewer, operator or admin",
    );
  return { id, name: typeof name === "string" && name !== "" ? name : id, role: role as Role };
}

/** Whether `role` may do what `needed` may. */
export function isAtLeast(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed);
}
