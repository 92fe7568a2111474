/**
 * Owns a world whose database can be looked into while it runs, and the assertions every refusal has to pass: a test
 * takes a `snapshot` before the request and compares it afterwards.
 */
import { expect } from "@jest/globals";
import type { Store } from "../../src/ports.js";
import { type Row, testDatabase } from "../support/database.js";
import {
  hiddenFields,
  openPage,
  type Person,
  personHeader,
  type Response,
  type Submission,
  type World,
  type WorldOptions,
  world,
} from "../support/world.js";

const tables = [
  "registrations",
  "claim_attempts",
  "access_tokens",
  "refresh_tokens",
  "signing_keys",
  "audit_events",
] as const;
export type Table = (typeof tables)[number];

export interface ObservedWorld extends World {
  /** Rows of a table, oldest first. */
  rows(table: Table): Promise<Row[]>;
  /** Everything stored but the limiter's windows, as one comparable value. */
  snapshot(): Promise<Record<Table, Row[]>>;
  /** Audit events by type, oldest first. */
  audit(type?: string): Promise<Row[]>;
  /** Runs a statement on the database, for what no endpoint does. */
  execute(statement: string): Promise<unknown>;
}

/** How many turns of the event loop a stale read is old when it is used. */
const staleTurns = 20;

/**
 * A store whose every read is old by the time its caller sees it. Better-sqlite3 answers within one turn of the event
 * loop, so requests sent together would run one after the other, and no test of a race would ever have one.
 */
function withStaleReads(store: Store): Store {
  return new Proxy(store, {
    get(target, name, receiver) {
      const verb: unknown = Reflect.get(target, name, receiver);
      if (typeof verb !== "function" || !String(name).startsWith("find")) return verb;
      return async (...parameters: unknown[]) => {
        const found: unknown = await verb.apply(target, parameters);
        for (let turn = 0; turn < staleTurns; turn += 1)
          await new Promise((resolve) => setImmediate(resolve));
        return found;
      };
    },
  });
}

/** A world on a database of its own, removed with it. With `staleReads`, requests sent together really race. */
export async function observedWorld(
  input: WorldOptions = {},
  { staleReads = false } = {},
): Promise<ObservedWorld> {
  const database = await testDatabase();
  const storage = staleReads ? withStaleReads(database.open().store) : database.storage;
  const stage = await world({ ...input, options: { storage, ...input.options } });
  const { rows } = database;
  return {
    ...stage,
    rows,
    snapshot: () => database.snapshot(tables),
    audit: async (type) =>
      (await rows("audit_events")).filter((row) => type === undefined || row.type === type),
    execute: (statement) => database.run(statement),
    async close() {
      await stage.close();
      await database.destroy();
    },
  };
}

function expectUncachedJson({ headers }: Response): void {
  expect(headers["content-type"]).toBe("application/json; charset=utf-8");
  expect(headers["cache-control"]).toBe("no-store");
  expect(headers.pragma).toBe("no-cache");
  expect(headers["x-content-type-options"]).toBe("nosniff");
}

/** RFC 6749 section 5.2: what a description may be made of. */
const describable = /^[\x20\x21\x23-\x5B\x5D-\x7E]+$/;

/** The envelope of the agent endpoints (PROTOCOL section 9). */
export function expectAgentRefusal(response: Response, status: number, error: string, code = error): void {
  const { body, headers } = response;
  expect({ status: response.status, error: body.error, code: body.code }).toEqual({ status, error, code });
  expectUncachedJson(response);
  expect(body.message).toBe(body.error_description);
  expect(body.error_description).toMatch(describable);
  expect(headers["www-authenticate"]).toBe(
    status === 401 ? `AgentAuth error="${error}", error_description="${body.error_description}"` : undefined,
  );
}

/** The envelope of the token and revoke endpoints (TOK-14 to TOK-17, TOK-25). */
export function expectOauthRefusal(response: Response, error: string, status = 400): void {
  const { body, headers } = response;
  expect({ status: response.status, error: body.error }).toEqual({ status, error });
  expectUncachedJson(response);
  expect(body.error).toMatch(describable);
  expect(body.error_description).toMatch(describable);
  expect(body).not.toHaveProperty("access_token");
  expect(body).not.toHaveProperty("error_uri");
  expect(headers).not.toHaveProperty("www-authenticate");
}

/** The envelope of protected routes (RFC 6750 section 3.1, RFC 9728 section 5.1). */
export function expectApiRefusal(response: Response, status: 401 | 403, error: string): void {
  expect({ status: response.status, error: response.body.error }).toEqual({ status, error });
  expectUncachedJson(response);
  const challenge = String(response.headers["www-authenticate"]);
  expect(challenge).toMatch(
    /^Bearer resource_metadata="https:\/\/notes\.example\/\.well-known\/oauth-protected-resource"/,
  );
  expect(challenge).toContain(`error="${error}"`);
}

/** A page of words: not stored, not framed, no script. */
export function expectNotice(response: Response, status: number, heading: string): void {
  expect(response.status).toBe(status);
  expect(response.headers["content-type"]).toBe("text/html; charset=utf-8");
  expect(response.headers["cache-control"]).toBe("no-store");
  expect(response.headers["content-security-policy"]).toContain("frame-ancestors 'none'");
  expect(response.text).toContain(heading);
}

/** Opens the page and keeps its form, to be sent later or many times at once. */
export async function preparedForm(stage: World, verificationUri: string, person: Person) {
  const fields = hiddenFields((await openPage(stage, verificationUri, person)).text);
  return ({ action = "authorize", userCode = "", scopes = ["api.read", "api.write"] }: Submission = {}) => {
    const form = new URLSearchParams({ ...fields, action, user_code: userCode });
    for (const scope of scopes) form.append("scope", scope);
    return stage.agent.post("/agent/claim").set(personHeader, person).type("form").send(form.toString());
  };
}

/** A code that is not `userCode`. */
export const otherThan = (userCode: string) => (userCode === "000000" ? "000001" : "000000");
