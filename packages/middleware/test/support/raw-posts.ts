/** Owns posting any bytes to our POST endpoints of agents, and what each must answer when it refuses. */
import { expect } from "@jest/globals";
import { reveal } from "./read-back.js";
import {
  type DatabaseStage,
  databaseStage,
  listening,
  type RawResponse,
  rawRequest,
  stage,
} from "./stages.js";
import { exchange, jwtBearerGrant, register, type WorldOptions } from "./world.js";

export const jsonEndpoints = ["/agent/identity", "/agent/identity/claim", "/agent/identity/claim/complete"];
export const formEndpoints = ["/oauth2/token", "/oauth2/revoke"];
export const isForm = (path: string) => formEndpoints.includes(path);
export const typeOf = (path: string) =>
  isForm(path) ? "application/x-www-form-urlencoded" : "application/json";

export interface Desk extends DatabaseStage {
  port: number;
  /** A body the endpoint answers with 200. */
  good(path: string): Promise<string>;
  post(path: string, body: string | Buffer, headers?: Record<string, string>): Promise<RawResponse>;
  /** Posts, and expects the endpoint's own refusal and an untouched database. */
  refuses(
    path: string,
    body: string | Buffer,
    expected: { status: number; error?: string; headers?: Record<string, string> },
  ): Promise<RawResponse>;
}

/** A real listener over a database. */
export async function desk(options: WorldOptions = {}): Promise<Desk> {
  const world = await databaseStage(options);
  const { port } = await listening(world.app);
  const registered = async () => (await register.anonymous(world)).body;
  /** A body for each endpoint, about an agent of its own. */
  const bodies: Record<string, () => Promise<object>> = {
    "/agent/identity": async () => ({ type: "anonymous" }),
    "/agent/identity/claim": async () => ({
      claim_token: (await registered()).claim_token,
      login_hint: "alice@example.com",
    }),
    async "/agent/identity/claim/complete"() {
      // Set up where no parser of the host's is in the way.
      const { storage } = world.database;
      const plain = await stage({ options: { ...options.options, storage, clock: world.clock } });
      const { claim, claim_token } = (await register.serviceAuth(plain)).body;
      return { claim_token, user_code: await reveal(plain, { uri: claim.verification_uri }) };
    },
    "/oauth2/token": async () => ({
      grant_type: jwtBearerGrant,
      assertion: (await registered()).identity_assertion,
    }),
    "/oauth2/revoke": async () => ({
      token: (await exchange(world, (await registered()).identity_assertion)).body.access_token,
    }),
  };
  const post: Desk["post"] = (path, bytes, headers = {}) =>
    rawRequest(port, {
      method: "POST",
      path,
      body: bytes,
      headers: { "Content-Type": typeOf(path), "Content-Length": Buffer.byteLength(bytes), ...headers },
    });
  return {
    ...world,
    port,
    post,
    async good(path) {
      const body = (await bodies[path]?.()) ?? {};
      return isForm(path) ? new URLSearchParams({ ...body }).toString() : JSON.stringify(body);
    },
    async refuses(path, bytes, { status, error = "invalid_request", headers }) {
      const before = await world.stored();
      const response = await post(path, bytes, headers);
      expectEndpointError(path, response, status, error);
      expect(await world.stored()).toEqual(before);
      return response;
    },
  };
}

/** The endpoint's own JSON error (HTTP-03, PROTOCOL section 9): never HTML, never cached, no challenge below 401. */
export function expectEndpointError(
  path: string,
  response: RawResponse,
  status: number,
  error: string,
): void {
  expect([response.status, response.headers["content-type"]]).toEqual([
    status,
    "application/json; charset=utf-8",
  ]);
  expect(response.headers["cache-control"]).toBe("no-store");
  expect(response.headers.pragma).toBe("no-cache");
  expect(response.headers["x-content-type-options"]).toBe("nosniff");
  expect(response.headers["access-control-allow-origin"]).toBe("*");
  expect(response.challenges).toEqual([]);
  const body = JSON.parse(response.text);
  expect(body.error_description).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
  if (isForm(path)) expect(body).toEqual({ error, error_description: body.error_description });
  else
    expect(body).toEqual({
      error,
      code: error,
      message: body.error_description,
      error_description: body.error_description,
    });
}
