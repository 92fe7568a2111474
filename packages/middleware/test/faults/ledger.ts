/**
 * Owns what the host has acknowledged under load, and the check after a crash that all of it is still true. A request
 * that was cut off has told its sender nothing, so it may be either way; it is in no list.
 */
import { expect } from "@jest/globals";
import { idJagTokenType } from "../support/issuer.js";
import { claimGrant, hiddenFields, jwtBearerGrant } from "../support/world.js";

const json = { "content-type": "application/json" };
const form = { "content-type": "application/x-www-form-urlencoded" };

export interface Reply {
  status: number;
  // biome-ignore lint/suspicious/noExplicitAny: bodies are looked into member by member, as agents do
  body: any;
}

/** A request to the host that runs now. Rejects when it was killed meanwhile. */
export async function ask(origin: string, path: string, init: RequestInit = {}): Promise<Reply> {
  const response = await fetch(origin + path, { redirect: "manual", ...init });
  const text = await response.text();
  const isJson = response.headers.get("content-type")?.startsWith("application/json") === true;
  return { status: response.status, body: isJson ? JSON.parse(text) : text };
}

const post = (origin: string, path: string, body: object) =>
  ask(origin, path, { method: "POST", headers: json, body: JSON.stringify(body) });
const submit = (origin: string, path: string, fields: Record<string, string>, headers = {}) =>
  ask(origin, path, {
    method: "POST",
    headers: { ...form, ...headers },
    body: new URLSearchParams(fields).toString(),
  });
export const exchange = (origin: string, assertion: string) =>
  submit(origin, "/oauth2/token", { grant_type: jwtBearerGrant, assertion });
const poll = (origin: string, claimToken: string) =>
  submit(origin, "/oauth2/token", { grant_type: claimGrant, claim_token: claimToken });
const call = (origin: string, token: string) =>
  ask(origin, "/api/notes", { headers: { authorization: `Bearer ${token}` } });
export const registerBy = (origin: string, idJag: string) =>
  post(origin, "/agent/identity", {
    type: "identity_assertion",
    assertion_type: idJagTokenType,
    assertion: idJag,
  });

/** One thing the host has said yes to, and how to see that it holds. */
interface Entry {
  what: string;
  holds: (origin: string) => Promise<void>;
}

export class Ledger {
  readonly entries: Entry[] = [];

  #note(what: string, holds: Entry["holds"]): void {
    this.entries.push({ what, holds });
  }

  /** An anonymous registration that stays, with a token. */
  async register(origin: string): Promise<void> {
    const { status, body } = await post(origin, "/agent/identity", { type: "anonymous" });
    expect(status).toBe(200);
    this.#note("registration", async (now) =>
      expect((await exchange(now, body.identity_assertion)).status).toBe(200),
    );
    const exchanged = await exchange(origin, body.identity_assertion);
    expect(exchanged.status).toBe(200);
    this.#note("token", async (now) =>
      expect((await call(now, exchanged.body.access_token)).status).toBe(200),
    );
  }

  /** A registration with a token, and then one of them taken back. */
  async revoke(origin: string, what: "registration" | "token"): Promise<void> {
    const { body } = await post(origin, "/agent/identity", { type: "anonymous" });
    const { access_token: token } = (await exchange(origin, body.identity_assertion)).body;
    const revoked =
      what === "token"
        ? await submit(origin, "/oauth2/revoke", { token })
        : await ask(origin, `/test/revoke/${body.id}`, { method: "POST" });
    expect(revoked.status).toBe(200);
    this.#note(`revoked ${what}`, async (now) => {
      expect((await call(now, token)).status).toBe(401);
      if (what === "registration")
        expect((await exchange(now, body.identity_assertion)).body.error).toBe("invalid_grant");
    });
  }

  /** A claim that alice approves, and that is delivered. Whatever was acknowledged before a crash holds after it. */
  async claim(origin: string): Promise<void> {
    const hint = { type: "service_auth", login_hint: "alice@example.com" };
    const { body } = await post(origin, "/agent/identity", hint);
    const link = new URL(body.claim.verification_uri);
    const person = { "x-test-person": "alice" };
    const page = await ask(origin, link.pathname + link.search, { headers: person });
    const approval = { ...hiddenFields(page.body), action: "authorize", scope: "api.read" };
    const code = { user_code: body.claim.user_code };
    const headers = { ...person, "sec-fetch-site": "same-origin" };
    const approved = await submit(origin, "/agent/claim", { ...approval, ...code }, headers);
    expect(approved.status).toBe(303);
    let isDelivered = false;
    let wasAsked = false;
    this.#note("approved claim", async (now) => {
      const again = await submit(now, "/agent/claim", { ...approval, ...code }, headers);
      expect(again.status).not.toBe(303);
      const polled = await poll(now, body.claim_token);
      // Cut off in the middle of its delivery, it may have been delivered, and then it never is again.
      if (isDelivered || (wasAsked && polled.status !== 200)) expect(polled.body.error).toBe("invalid_grant");
      else expect(polled.status).toBe(200);
      expect((await poll(now, body.claim_token)).body.error).toBe("invalid_grant");
    });
    wasAsked = true;
    const delivered = await poll(origin, body.claim_token);
    expect(delivered.status).toBe(200);
    isDelivered = true;
    this.#note("delivered token", async (now) =>
      expect((await call(now, delivered.body.access_token)).status).toBe(200),
    );
    const { value } = delivered.body.identity.refresh_token;
    const refreshed = await post(origin, "/agent/identity", { type: "refresh", refresh_token: value });
    expect(refreshed.status).toBe(200);
    this.#note("refreshed token", async (now) => {
      const next = { type: "refresh", refresh_token: refreshed.body.identity.refresh_token.value };
      expect((await post(now, "/agent/identity", next)).status).toBe(200);
    });
  }

  /** An ID-JAG that was accepted: it can never be used again. */
  async present(origin: string, idJag: string): Promise<void> {
    const { status, body } = await registerBy(origin, idJag);
    expect(status).toBe(200);
    this.#note("used ID-JAG", async (now) => {
      expect((await registerBy(now, idJag)).body.error).toBe("replay_detected");
      expect((await exchange(now, body.identity_assertion)).status).toBe(200);
    });
  }
}
