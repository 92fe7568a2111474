/** Every dialect that is live finishes where the ceremony lets it, reading nothing but the names it knows. */
import { describe, expect, test } from "@jest/globals";
import { reveal } from "../support/read-back.js";
import { stage } from "../support/stages.js";
import {
  callApi,
  claimGrant,
  jwtBearerGrant,
  pathOf,
  type Response,
  submitPage,
  type World,
} from "../support/world.js";

const ceremonies = ["both", "code-entry", "read-back"] as const;
type Ceremony = (typeof ceremonies)[number];
const opened = (ceremony: Ceremony) => stage({ options: { ceremony } });
const showsCode = (ceremony: Ceremony) => ceremony !== "read-back";
const readsBack = (ceremony: Ceremony) => ceremony !== "code-entry";

/** What an agent takes from an answer: the members it knows, and an error where there is one. */
async function post<Known extends string>(world: World, url: string, body: object, form = false) {
  const request = world.agent.post(pathOf(url));
  const response: Response = await (form ? request.type("form") : request).send(body);
  return { status: response.status, body: response.body as Record<Known | "error", never> };
}
/** What an agent that shows a code takes from an attempt. */
interface Shown {
  user_code?: string;
  verification_uri: string;
  interval: number;
}
const metadataOf = async ({ agent }: World) =>
  (await agent.get("/.well-known/oauth-authorization-server")).body;
const works = async (world: World, accessToken: string, scopes: string[]) =>
  expect((await callApi(world, accessToken)).body.agent).toMatchObject({ scopes, user: { id: "usr_alice" } });
const everything = ["api.read", "api.write"];

describe.each(ceremonies)("an agent of 0.2 to 0.7, flat names, at a service with %s", (ceremony) => {
  const finishes = showsCode(ceremony);

  test(`that starts anonymously and is claimed ${finishes ? "polls and gets everything" : "is told that nobody can poll"}`, async () => {
    const world = await opened(ceremony);
    const { agent_auth, token_endpoint, grant_types_supported } = await metadataOf(world);
    const registered = await post<"registration_id" | "identity_assertion" | "claim_token" | "claim_url">(
      world,
      agent_auth.identity_endpoint,
      { type: "anonymous" },
    );
    const { claim_token, claim_url, identity_assertion } = registered.body;
    const exchange = (assertion: string) =>
      post<"access_token" | "scope">(world, token_endpoint, { grant_type: jwtBearerGrant, assertion }, true);
    expect((await exchange(identity_assertion)).body.scope).toBe("api.read");
    // M names the person as email, and sends no type.
    const started = await post<"claim_attempt" | "status">(world, claim_url, {
      claim_token,
      email: "alice@example.com",
    });
    expect(started.body.status).toBe("initiated");
    const { user_code, verification_uri, interval } = started.body.claim_attempt as Shown;
    const poll = () =>
      post<"access_token" | "identity_assertion" | "assertion_expires">(
        world,
        token_endpoint,
        { grant_type: claimGrant, claim_token },
        true,
      );
    const first = (await poll()).body.error;
    expect([grant_types_supported.includes(claimGrant), user_code !== undefined]).toEqual([
      finishes,
      finishes,
    ]);
    if (!finishes) return expect(first).toBe("unsupported_grant_type");
    expect(first).toBe("authorization_pending");
    await submitPage(world, verification_uri, "alice", { userCode: user_code ?? "" });
    world.clock.advance(interval);
    const delivered = await poll();
    await works(world, delivered.body.access_token, everything);
    const again = await exchange(delivered.body.identity_assertion);
    await works(world, again.body.access_token, everything);
    expect(Date.parse(delivered.body.assertion_expires)).toBeGreaterThan(world.clock.now() * 1000);
  });

  test(`that names its user ${finishes ? "polls with what the answer holds" : "finds no code to show"}`, async () => {
    const world = await opened(ceremony);
    const { agent_auth, token_endpoint } = await metadataOf(world);
    const { body } = await post<"claim" | "claim_token" | "post_claim_scopes">(
      world,
      agent_auth.identity_endpoint,
      { type: "service_auth", login_hint: "alice@example.com" },
    );
    expect(body.post_claim_scopes).toEqual(everything);
    const { user_code, verification_uri } = body.claim as Shown;
    expect(user_code === undefined).toBe(!finishes);
    if (!finishes) return;
    await submitPage(world, verification_uri, "alice", { userCode: user_code ?? "" });
    const claim = { grant_type: claimGrant, claim_token: body.claim_token };
    const delivered = await post<"access_token">(world, token_endpoint, claim, true);
    await works(world, delivered.body.access_token, everything);
  });
});

describe.each(ceremonies)("a hosted agent, nested names, at a service with %s", (ceremony) => {
  const finishes = readsBack(ceremony);

  test.each(["anonymous", "service_auth"])(
    `of type %s ${finishes ? "completes, exchanges and refreshes" : "is told that read-back is off"}`,
    async (type) => {
      const world = await opened(ceremony);
      const { agent_auth, token_endpoint } = await metadataOf(world);
      const { identity_endpoint, claim_endpoint } = agent_auth;
      const hint = { login_hint: "alice@example.com" };
      const registered = await post<"id" | "type" | "claim">(world, identity_endpoint, { type, ...hint });
      expect([registered.status, registered.body.type]).toEqual([200, type]);
      const claim = registered.body.claim as { token: string; url: string; attempt?: Record<string, string> };
      const started =
        claim.attempt ??
        (
          await post<"id" | "attempt">(world, claim.url, {
            type: "service_auth",
            claim_token: claim.token,
            ...hint,
          })
        ).body.attempt;
      const { verification_uri } = started as Record<string, string>;
      const complete = (user_code: string) =>
        post<"id" | "status" | "identity">(world, `${claim_endpoint}/complete`, {
          claim_token: claim.token,
          user_code,
        });
      const early = await complete("123456");
      if (!finishes) return expect([early.status, early.body.error]).toEqual([400, "read_back_not_enabled"]);
      expect([early.status, early.body.error]).toEqual([409, "claim_not_confirmed"]);
      const code = await reveal(world, { uri: verification_uri as string });
      const completed = await complete(`${code.slice(0, 3)}-${code.slice(3)}`);
      expect([completed.status, completed.body.id]).toEqual([200, registered.body.id]);
      type Identity = { assertion: string; expires_at: string; refresh_token: Record<string, string> };
      const exchange = (assertion: string) =>
        post<"access_token" | "token_type" | "expires_in">(
          world,
          token_endpoint,
          { grant_type: jwtBearerGrant, assertion },
          true,
        );
      const identity = completed.body.identity as Identity;
      const token = await exchange(identity.assertion);
      expect([token.body.token_type, token.body.expires_in]).toEqual(["Bearer", 3600]);
      await works(world, token.body.access_token, everything);
      const refreshed = await post<"id" | "identity">(world, identity_endpoint, {
        type: "refresh",
        refresh_token: identity.refresh_token.value,
      });
      const renewed = refreshed.body.identity as Identity;
      expect(renewed.refresh_token.value).not.toBe(identity.refresh_token.value);
      await works(world, (await exchange(renewed.assertion)).body.access_token, everything);
    },
  );

  test("reads code next to error, and both sentences", async () => {
    const world = await opened(ceremony);
    const { agent_auth } = await metadataOf(world);
    const unknown = { claim_token: "ct_unknown", login_hint: "alice@example.com" };
    const { status, body } = await post<"code" | "message" | "error_description">(
      world,
      agent_auth.claim_endpoint,
      unknown,
    );
    expect([status, body.error, body.code]).toEqual([401, "invalid_claim_token", "invalid_claim"]);
    expect(body.message).toBe(body.error_description);
  });
});

describe.each(ceremonies)("an agent of 0.1, at a service with %s", (ceremony) => {
  const finishes = readsBack(ceremony);

  test(`finds its names and ${finishes ? "brings the otp" : "is told that read-back is off"}`, async () => {
    const world = await opened(ceremony);
    const { agent_auth, token_endpoint, revocation_endpoint } = await metadataOf(world);
    const { register_uri, claim_uri, anonymous } = agent_auth;
    expect(anonymous).toEqual({ credential_types_supported: ["access_token"], claim_uri });
    const registered = await post<"claim_token">(world, register_uri, {
      type: "anonymous",
      requested_credential_type: "access_token",
    });
    const { claim_token } = registered.body;
    const started = await post<"attempt">(world, claim_uri, { claim_token, email: "alice@example.com" });
    const { verification_uri } = started.body.attempt as Record<string, string>;
    const complete = (otp: string) =>
      post<"identity_assertion">(world, `${claim_uri}/complete`, { claim_token, otp });
    if (!finishes) return expect((await complete("123456")).body.error).toBe("read_back_not_enabled");
    const otp = await reveal(world, { uri: verification_uri as string });
    const wrong = await complete(otp === "000000" ? "000001" : "000000");
    expect([wrong.status, wrong.body.error]).toEqual([401, "otp_invalid"]);
    const { identity_assertion: assertion } = (await complete(otp)).body;
    const grant = { grant_type: jwtBearerGrant, assertion };
    const { access_token: token } = (await post<"access_token">(world, token_endpoint, grant, true)).body;
    await works(world, token, everything);
    expect((await post(world, revocation_endpoint, { token }, true)).status).toBe(200);
    expect((await callApi(world, token)).status).toBe(401);
  });
});
