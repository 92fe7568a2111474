/** Owns the operators' dashboard as the demo mounts it: who is an operator, and where everybody else is sent. */
import { agentAdmin } from "@agent-auth/admin";
import { isLoopback } from "@agent-auth/web/addresses";
import type { RequestHandler } from "express";
import { type Context, personOf } from "./context.js";
import { withReturnTo } from "./return-to.js";

export const dashboardPath = "/admin/agents";

export function dashboard({ auth, accounts, baseUrl, logger }: Context): RequestHandler {
  // Everybody can read this account's password. Where others reach the demo it stops agents, and mints no identities.
  const role = isLoopback(new URL(baseUrl)) ? "admin" : "operator";
  return agentAdmin(auth, {
    authorize(request) {
      const person = personOf(request, accounts);
      // The audit log is read by people: of the seeded operator it keeps the address.
      return person?.isOperator === true ? { id: person.email, name: person.name, role } : null;
    },
    loginUrl: (returnTo, request) =>
      personOf(request, accounts) === null ? withReturnTo("/login", returnTo) : null,
    environment: "demo",
    logger: logger.child({ part: "agent-admin" }),
  });
}
