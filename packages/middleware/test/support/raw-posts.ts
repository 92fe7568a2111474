/** Owns posting any bytes to our POST endpoints of agents, and what each must answer when it refuses. */
import { expect } from "@jest/globals";
import { reveal } from "./read-back.js";
import { type FileStage, fileStage, listening, type RawResponse, rawRequest, stage } from "./stages.js";
import { exchange, jwtBearerGrant, register, type WorldOptions } from "./world.js";

export const jsonEndpoints = ["/agent/identity", "/agent/identity/claim", "/agent/identity/claim/complete"];
export const formEndpoints = ["/oauth2/token", "/oauth2/revoke"];
export const isForm = (path: string) => formEndpoints.includes(path);
export const typeOf = (path: string) =>
  isForm(path) ? "application/x-www-form-urlencoded" : "application/json";

export interface Desk extends FileStage {
  port: number;
  /** A body each endpoint answers with 200. */
  good: Record<string, string>;
  post(path: string, body: string | Buffer, headers?: Record<string, string>): Promise<RawResponse>;
  /** Posts, and expects the endpoint's own refusal and an untouched database. */
  refuses(
    path: string,
    body: string | Buffer,
    expected: { status: number; error?: string; headers?: Record<string, string> },
  ): Promise<RawResponse>;
}

/** A real listener over a database file, with one registration and one access token in it. */
export async function desk(options: WorldOptions = {}): Promise<Desk> {
  const world = await fileStage(options);
  const { port } = await listening(world.app);
  const { body } = await register.anonymous(world);
  const token = (await exchange(world, body.identity_assertion)).body.access_token;
  // Set up where no parser of the host's is in the way.
  const plain = await stage({ options: { ...options.options, storage: world.storage, clock: world.clock } });
  const named = (await register.serviceAuth(plain)).body;
  const userCode = await reveal(plain, { uri: named.claim.verification_uri });
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
    good: {
      "/agent/identity": JSON.stringify({ type: "anonymous" }),
      "/agent/identity/claim": JSON.stringify({
        claim_token: body.claim_token,
        login_hint: "alice@example.com",
      }),
      "/agent/identity/claim/complete": JSON.stringify({
        claim_token: named.claim_token,
        user_code: userCode,
      }),
      "/oauth2/token": new URLSearchParams({
        grant_type: jwtBearerGrant,
        assertion: body.identity_assertion,
      }).toString(),
      "/oauth2/revoke": new URLSearchParams({ token }).toString(),
    },
    async refuses(path, bytes, { status, error = "invalid_request", headers }) {
      const before = world.stored();
      const response = await post(path, bytes, headers);
      expectEndpointError(path, response, status, error);
      expect(world.stored()).toEqual(before);
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
