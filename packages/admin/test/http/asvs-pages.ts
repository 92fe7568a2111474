/** Owns the pages of the dashboard for tests of all of them: taken from the table of routes, with agents to look at. */
import { expect } from "@jest/globals";
import type { Response } from "supertest";
import { allTables } from "../../../middleware/test/support/database.js";
import type { Role } from "../../src/options.js";
import { routes } from "../../src/router.js";
import { type DatabaseStage, databaseStage } from "../support/database-stage.js";
import { anonymousAgent, claimedAgent, type StageOptions, Visitor } from "../support/stage.js";

export interface Populated extends DatabaseStage {
  id: string;
  token: string;
  admin: Visitor;
  /** Everything in the database. */
  stored(): Promise<object>;
  /** A path of ours for a row of the table. */
  pathFor(pattern: string): string;
}

const words: Record<string, string> = { change: "revoke", action: "revoke", to: "disable" };
const queries: Record<string, string> = {
  "/delegations/unlink": "?issuer=https://ai.example&subject=sub-1",
  "/providers/view": "?issuer=https://ai.example",
  "/providers/switch/:to": "?issuer=https://ai.example",
  "/bulk/:action": "?status=unclaimed",
};

/** A dashboard on a database, with an agent nobody claimed, one of alice's, and a trusted provider. */
export async function populated(options: StageOptions = {}): Promise<Populated> {
  const on = await databaseStage({
    ...options,
    options: {
      trustedProviders: [
        { issuer: "https://ai.example", name: "Example AI", jwksUri: "https://ai.example/keys" },
      ],
      ...options.options,
    },
  });
  const { id, token } = await anonymousAgent(on);
  await claimedAgent(on, "alice");
  const admin = new Visitor(on, "admin");
  const hash = /\/tokens\/([^"?/]+)/.exec((await admin.get(`/registrations/${id}`)).text)?.[1] ?? "x";
  const parameters: Record<string, string> = { id, hash, ...words };
  return {
    ...on,
    id,
    token,
    admin,
    stored: () => on.database.snapshot(allTables),
    pathFor: (pattern) =>
      pattern.replace(/:(\w+)/g, (_whole, name: string) => encodeURIComponent(parameters[name] ?? "x")) +
      (queries[pattern] ?? ""),
  };
}

/** Every row of the table that answers GET, and every one that answers POST. */
export const readable = routes.filter(({ method }) => method === "GET").map(({ path }) => path);
export const writable = routes
  .filter(({ method }) => method === "POST")
  .map(({ path, role }): [string, Role] => [path, role]);

const addressesOf = (text: string) =>
  [...text.matchAll(/ (?:href|src|action|formaction|srcset|data|ping)="([^"]*)"/g)].map(
    ([, address = ""]) => address,
  );

/** What holds for every answer, whatever it says. */
export function expectProtected({ headers, text, status }: Response, mount: string): void {
  // WEB-01, WEB-02, WEB-03
  const policy = new Map(
    (headers["content-security-policy"] ?? "").split(";").map((part) => {
      const [name = "", ...values] = part.trim().split(/\s+/);
      return [name, values.join(" ")] as const;
    }),
  );
  expect([policy.get("default-src"), policy.get("base-uri"), policy.get("frame-ancestors")]).toEqual(
    Array(3).fill("'none'"),
  );
  expect([policy.get("form-action"), policy.get("style-src")]).toEqual(["'self'", "'self'"]);
  expect([...policy.values()].join(" ")).not.toMatch(/unsafe|\*|https?:/);
  expect(headers["x-frame-options"]).toBe("DENY");
  // WEB-09, WEB-10, WEB-15, ASVS 3.4.2, 3.4.4
  expect(["same-origin", "no-referrer"]).toContain(headers["referrer-policy"]);
  expect([headers["cache-control"], headers.pragma]).toEqual(["no-store", "no-cache"]);
  expect([headers["cross-origin-opener-policy"], headers["x-content-type-options"]]).toEqual([
    "same-origin",
    "nosniff",
  ]);
  for (const power of ["camera", "geolocation", "microphone"])
    expect(headers["permissions-policy"]).toContain(`${power}=()`);
  for (const name of Object.keys(headers))
    expect(name).not.toMatch(/^(access-control-|etag$|last-modified$|refresh$)/);
  if (status === 303) expect(headers.location).toMatch(new RegExp(`^${mount}(/|\\?|$)`));
  else if (headers["content-type"] === "text/html; charset=utf-8") expectPlainPage(text, mount);
  else expect(headers["content-disposition"]).toMatch(/^attachment/);
}

function expectPlainPage(text: string, mount: string): void {
  // WEB-01, WEB-11, WEB-18, WEB-19
  expect(text).not.toMatch(
    /<script|<style|\sstyle=|\son\w+=|javascript:|<iframe|<object|<base|type="password"/i,
  );
  expect(text).not.toMatch(/Error:|\bat [\w./<>]+ ?\(|node_modules|\.[jt]s:\d+|SQLITE/);
  for (const address of addressesOf(text)) {
    expect(
      address === "" ||
        address.startsWith("#") ||
        address === mount ||
        address.startsWith(`${mount}/`) ||
        address.startsWith(`${mount}?`),
    ).toBe(true);
    expect(address).not.toMatch(/csrf|secret|token=|claim_attempt_token/i);
  }
}
