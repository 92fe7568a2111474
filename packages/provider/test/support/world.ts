/**
 * Owns the fixture: a provider in an Express app, a clock that stands still, a browser that keeps cookies.
 * Helpers read as the protocol and return raw responses.
 */
import { randomUUID } from "node:crypto";
import express from "express";
import { createLocalJWKSet, type JSONWebKeySet, type JWTVerifyResult, jwtVerify } from "jose";
import supertest from "supertest";
import { type AgentProvider, type AgentProviderOptions, agentProvider } from "../../src/index.js";
import { type FixedClock, fixedClock, seededRandom } from "./time.js";

export const issuer = "http://provider.localhost:4000";
export const clientId = `${issuer}/agent-client.json`;
export const service = "https://notes.example";
export const idJagUrn = "urn:ietf:params:oauth:token-type:id-jag";
export const exchangeGrant = "urn:ietf:params:oauth:grant-type:token-exchange";
export const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code";

export interface World {
  provider: AgentProvider;
  clock: FixedClock;
  logs: { level: string; message: string; fields: object }[];
  /** A program: keeps no cookies. */
  agent: ReturnType<typeof supertest>;
  /** A person's browser. */
  browser: ReturnType<typeof supertest.agent>;
  close(): Promise<void>;
}

export async function world(
  options: Partial<AgentProviderOptions> = {},
  clock = fixedClock(),
): Promise<World> {
  const logs: World["logs"] = [];
  const log = (level: string) => (fields: object, message: string) => {
    logs.push({ level, message, fields });
  };
  const provider = agentProvider({
    issuer,
    storage: "sqlite::memory:",
    backgroundWork: false,
    logger: { debug: log("debug"), info: log("info"), warn: log("warn"), error: log("error") },
    clock,
    random: seededRandom(randomUUID()),
    ...options,
  });
  const app = express();
  app.use(provider);
  await provider.ready();
  return {
    provider,
    clock,
    logs,
    agent: supertest(app),
    browser: supertest.agent(app),
    close: () => provider.close(),
  };
}

/** The hidden fields of the first form that posts to `target`. */
export function hiddenFields(html: string, target: string): Record<string, string> {
  const form = html.split("<form").find((part) => part.includes(`action="${target}"`)) ?? "";
  const fields: Record<string, string> = {};
  for (const [tag] of form.matchAll(/<input[^>]*type="hidden"[^>]*>/g)) {
    const name = /name="([^"]*)"/.exec(tag)?.[1];
    const value = /value="([^"]*)"/.exec(tag)?.[1];
    if (name !== undefined && value !== undefined) fields[name] = value;
  }
  return fields;
}

/** Opens a page and posts its form, as a browser does. */
export async function submit(
  { browser }: World,
  page: string,
  target: string,
  fields: Record<string, string>,
) {
  const shown = await browser.get(page);
  return browser
    .post(target)
    .set("Sec-Fetch-Site", "same-origin")
    .type("form")
    .send({ ...hiddenFields(shown.text, target), ...fields });
}

export function signIn(stage: World, name = "alice", returnTo = "") {
  const page = returnTo === "" ? "/sign-in" : `/sign-in?return_to=${encodeURIComponent(returnTo)}`;
  return submit(stage, page, "/sign-in", { email: `${name}@example.com`, password: `${name}-demo` });
}

/** Decides on the consent page as whoever is signed in. */
export function decide(stage: World, decision: "once" | "always" | "deny", audience = service) {
  const page = `/consent?audience=${encodeURIComponent(audience)}`;
  return submit(stage, page, "/consent", { decision });
}

export function exchange(
  { agent }: World,
  subjectToken: string,
  fields: Record<string, string | string[] | undefined> = {},
) {
  const all: Record<string, string | string[] | undefined> = {
    grant_type: exchangeGrant,
    client_id: clientId,
    requested_token_type: idJagUrn,
    subject_token: subjectToken,
    subject_token_type: "urn:ietf:params:oauth:token-type:id_token",
    audience: service,
    ...fields,
  };
  const form = new URLSearchParams();
  for (const [name, value] of Object.entries(all)) {
    for (const one of value === undefined ? [] : [value].flat()) form.append(name, one);
  }
  return agent.post("/token").type("form").send(form.toString());
}

/** Verifies a token as a service would: with the published keys only. */
export async function verified(
  { agent, clock }: World,
  token: string,
  options: { typ: string; audience: string },
): Promise<JWTVerifyResult> {
  const { body } = await agent.get("/.well-known/jwks.json");
  return jwtVerify(token, createLocalJWKSet(body as JSONWebKeySet), {
    ...options,
    issuer,
    algorithms: ["ES256", "RS256"],
    currentDate: new Date(clock.now() * 1000),
    requiredClaims: ["iss", "sub", "aud", "jti", "iat"],
  });
}
