/** Owns the rules between options. Each looks only at options that are good by themselves, so that none is hidden. */
import { isLoopback } from "@agent-auth/web/addresses";
import type { z } from "zod";
import type { optionsSchema } from "./options-schema.js";
import { parseIssuer, parseResource } from "./protocol/issuer.js";
import { checkProviders } from "./provider-options.js";

export type ParsedOptions = z.output<typeof optionsSchema>;
export type Problem = (path: (string | number)[], message: string) => void;

/**
 * Reports every rule that is broken. Options that are missing or bad by themselves are absent from `options`;
 * `isGiven` tells the two apart.
 */
export function checkTogether(
  options: Partial<ParsedOptions>,
  isGiven: (name: keyof ParsedOptions) => boolean,
  problem: Problem,
): void {
  const issuer = checkIdentifiers(options, problem);
  if (!isGiven("secrets") && !(issuer !== null && isLoopback(issuer)))
    problem(["secrets"], "is required unless the issuer is a loopback address");
  const { scopes, identityTypes } = options;
  if (scopes !== undefined) {
    for (const name of ["preClaimScopes", "postClaimScopes"] as const) {
      options[name]?.forEach((scope, index) => {
        if (!Object.hasOwn(scopes, scope)) problem([name, index], "is not one of scopes");
      });
    }
  }
  if (identityTypes?.includes("anonymous") && !isGiven("preClaimScopes"))
    problem(["preClaimScopes"], "is required when identityTypes has anonymous");
  checkProviders(options, problem);
  checkSignIn(options, isGiven, problem);
}

/** Somebody has to be able to say who is looking at the claim page: the host's login, or a mailed link. */
function checkSignIn(
  { accounts }: Partial<ParsedOptions>,
  isGiven: (name: keyof ParsedOptions) => boolean,
  problem: Problem,
): void {
  if (accounts === undefined) return;
  if ((accounts.currentUser === undefined) !== (accounts.loginUrl === undefined))
    problem(["accounts"], "needs both of currentUser and loginUrl, or neither");
  if (accounts.currentUser !== undefined || accounts.loginUrl !== undefined) return;
  if (!isGiven("mail"))
    problem(["mail"], "is required when accounts has no currentUser: people prove their mailbox then");
  if (accounts.findByEmail === undefined)
    problem(["accounts", "findByEmail"], "is required when accounts has no currentUser");
}

/** The issuer, if it is a good one. */
function checkIdentifiers(options: Partial<ParsedOptions>, problem: Problem): URL | null {
  const allowHttp = options.dangerouslyAllowHttpIssuer ?? false;
  const issuer = options.issuer === undefined ? null : parseIssuer(options.issuer, allowHttp);
  if (issuer !== null && "problem" in issuer) problem(["issuer"], issuer.problem);
  const base = options.baseUrl === undefined ? null : parseIssuer(options.baseUrl, allowHttp);
  if (base !== null && "problem" in base) problem(["baseUrl"], base.problem);
  const resource = options.resource === undefined ? null : parseResource(options.resource, allowHttp);
  if (resource !== null && "problem" in resource) problem(["resource"], resource.problem);
  if (issuer === null || !("url" in issuer)) return null;
  if (base !== null && "url" in base && issuer.url.origin !== base.url.origin)
    problem(["baseUrl"], "must have the same origin as issuer");
  return issuer.url;
}
