/** `POST /token` with the token exchange grant. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { decodeJwt, decodeProtectedHeader } from "jose";
import {
  clientId,
  decide,
  exchange,
  idJagUrn,
  issuer,
  service,
  signIn,
  verified,
  type World,
  world,
} from "../support/world.js";

let stage: World;
beforeEach(async () => {
  stage = await world();
});
afterEach(() => stage.close());

/** Alice is signed in and allows the service. */
async function allowed(decision: "once" | "always" = "always"): Promise<string> {
  await signIn(stage);
  await decide(stage, decision);
  return stage.provider.createSubjectToken("usr_alice");
}

describe("POST /token, token exchange", () => {
  test.each(["ES256", "RS256"] as const)("mints an ID-JAG a service can verify, %s", async (algorithm) => {
    await stage.close();
    stage = await world({ keyAlgorithm: algorithm });
    const subjectToken = await allowed();
    stage.clock.advance(100);
    const { status, headers, body } = await exchange(stage, subjectToken, {
      scope: "api.read api.write",
      resource: `${service}/api`,
      agent_platform: "example-desktop",
    });
    expect(status).toBe(200);
    expect(headers["cache-control"]).toBe("no-store");
    expect(body).toEqual({
      issued_token_type: idJagUrn,
      access_token: expect.any(String),
      token_type: "N_A",
      expires_in: 300,
      scope: "api.read api.write",
    });
    const { payload, protectedHeader } = await verified(stage, body.access_token, {
      typ: "oauth-id-jag+jwt",
      audience: service,
    });
    expect(protectedHeader).toEqual({ alg: algorithm, typ: "oauth-id-jag+jwt", kid: expect.any(String) });
    const now = stage.clock.now();
    expect(payload).toEqual({
      iss: issuer,
      sub: "usr_alice",
      aud: service,
      client_id: issuer,
      jti: expect.stringMatching(/^[A-Za-z0-9_-]{32}$/),
      iat: now,
      exp: now + 300,
      auth_time: now - 100,
      amr: ["pwd"],
      email: "alice@example.com",
      email_verified: true,
      name: "Alice",
      scope: "api.read api.write",
      resource: `${service}/api`,
      agent_platform: "example-desktop",
    });
  });

  test("gives every ID-JAG its own jti", async () => {
    const subjectToken = await allowed();
    const first = await exchange(stage, subjectToken);
    const second = await exchange(stage, subjectToken);
    expect(decodeJwt(first.body.access_token).jti).not.toBe(decodeJwt(second.body.access_token).jti);
  });

  test("names the client in the ID-JAG when told to", async () => {
    await stage.close();
    stage = await world({ idJagClientId: "client" });
    const { body } = await exchange(stage, await allowed());
    expect(decodeJwt(body.access_token).client_id).toBe(clientId);
  });

  test("tells a verified phone number", async () => {
    await stage.close();
    stage = await world({
      users: [
        {
          id: "u1",
          email: "alice@example.com",
          password: "alice-demo",
          name: "A",
          phone: "+15550100",
          phoneVerified: true,
        },
      ],
    });
    const token = await stage.provider.mintIdJag({ userId: "u1", audience: service });
    expect(decodeJwt(token)).toMatchObject({ phone_number: "+15550100", phone_number_verified: true });
  });

  test("asks for the person's consent first, and says where", async () => {
    const subjectToken = await stage.provider.createSubjectToken("usr_alice");
    const { status, body } = await exchange(stage, subjectToken);
    expect([status, body.error]).toEqual([400, "interaction_required"]);
    expect(body.consent_uri).toBe(`${issuer}/consent?audience=${encodeURIComponent(service)}`);
    await signIn(stage);
    await decide(stage, "always");
    expect((await exchange(stage, subjectToken)).status).toBe(200);
  });

  test("gives out one ID-JAG for an allow once, to one of many callers", async () => {
    const subjectToken = await allowed("once");
    const answers = await Promise.all(Array.from({ length: 10 }, () => exchange(stage, subjectToken)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, ...Array(9).fill(400)]);
  });

  test("lets an unused allow once lapse", async () => {
    const subjectToken = await allowed("once");
    stage.clock.advance(600);
    expect((await exchange(stage, subjectToken)).body.error).toBe("interaction_required");
  });

  test("keeps the consent of one person and one service apart from others", async () => {
    await allowed();
    const bob = await stage.provider.createSubjectToken("usr_bob");
    expect((await exchange(stage, bob)).body.error).toBe("interaction_required");
    const alice = await stage.provider.createSubjectToken("usr_alice");
    const elsewhere = await exchange(stage, alice, { audience: "https://other.example" });
    expect(elsewhere.body.error).toBe("interaction_required");
  });

  test("tells a fresh no as access_denied, and asks again later", async () => {
    await signIn(stage);
    await decide(stage, "deny");
    const subjectToken = await stage.provider.createSubjectToken("usr_alice");
    expect((await exchange(stage, subjectToken)).body.error).toBe("access_denied");
    stage.clock.advance(600);
    expect((await exchange(stage, subjectToken)).body.error).toBe("interaction_required");
  });

  test("wants a sign-in as recent as the agent says", async () => {
    const subjectToken = await allowed();
    stage.clock.advance(61);
    const { status, body } = await exchange(stage, subjectToken, { max_age: "60" });
    expect([status, body.error, body.max_age]).toEqual([400, "insufficient_user_authentication", 60]);
    expect((await exchange(stage, subjectToken, { max_age: "61" })).status).toBe(200);
  });
});

type Fields = Parameters<typeof exchange>[2];
const refusals: [string, Fields, string][] = [
  ["no grant_type", { grant_type: undefined }, "invalid_request"],
  ["another grant_type", { grant_type: "authorization_code" }, "unsupported_grant_type"],
  ["no client", { client_id: undefined }, "invalid_client"],
  ["an unknown client", { client_id: "https://else.example/c.json" }, "invalid_client"],
  ["a secret for a public client", { client_secret: "something" }, "invalid_client"],
  ["no requested_token_type", { requested_token_type: undefined }, "invalid_request"],
  [
    "another requested_token_type",
    { requested_token_type: "urn:ietf:params:oauth:token-type:access_token" },
    "invalid_request",
  ],
  ["no subject_token", { subject_token: undefined }, "invalid_request"],
  ["a subject_token that is none", { subject_token: "nonsense" }, "invalid_grant"],
  [
    "another subject_token_type",
    { subject_token_type: "urn:ietf:params:oauth:token-type:saml2" },
    "invalid_request",
  ],
  ["no audience", { audience: undefined }, "invalid_request"],
  ["two audiences", { audience: [service, "https://other.example"] }, "invalid_target"],
  ["an audience with a slash at the end", { audience: `${service}/` }, "invalid_target"],
  ["an audience on http", { audience: "http://notes.example" }, "invalid_target"],
  ["an audience that is no URL", { audience: "notes" }, "invalid_target"],
  ["an audience with a query", { audience: `${service}/?a=b` }, "invalid_target"],
  ["itself as the audience", { audience: issuer }, "invalid_target"],
  ["a resource with a fragment", { resource: `${service}/api#x` }, "invalid_target"],
  ["a bad scope", { scope: 'a "b"' }, "invalid_scope"],
  ["an actor_token", { actor_token: "x" }, "invalid_request"],
  ["authorization_details", { authorization_details: "[]" }, "invalid_request"],
  ["a doubled parameter", { scope: ["a", "b"] }, "invalid_request"],
  ["a max_age that is no number", { max_age: "soon" }, "invalid_request"],
];

describe("POST /token refuses", () => {
  test.each(refusals)("%s, and spends no consent", async (_name, fields, error) => {
    const subjectToken = await allowed("once");
    const { status, headers, body } = await exchange(stage, subjectToken, fields);
    expect([status, body.error]).toEqual([error === "invalid_client" ? 401 : 400, error]);
    expect(body.error_description).toEqual(expect.any(String));
    expect(headers["cache-control"]).toBe("no-store");
    expect((await exchange(stage, subjectToken)).status).toBe(200);
  });

  test("subject tokens that are over, of another client, of nobody, or of another kind", async () => {
    const subjectToken = await allowed();
    const forged = `${subjectToken.slice(0, -6)}AAAAAA`;
    const idJag = await stage.provider.mintIdJag({
      userId: "usr_alice",
      audience: service,
      overrides: { aud: clientId },
    });
    for (const wrong of [forged, idJag]) {
      expect((await exchange(stage, wrong)).body.error).toBe("invalid_grant");
    }
    stage.clock.advance(3600);
    expect((await exchange(stage, subjectToken)).body.error).toBe("invalid_grant");
  });

  test("bodies that are no form, or too large", async () => {
    const json = await stage.agent.post("/token").send({ grant_type: "x" });
    expect([json.status, json.body.error]).toEqual([400, "invalid_request"]);
    const large = await stage.agent
      .post("/token")
      .type("form")
      .send(`a=${"x".repeat(70_000)}`);
    expect([large.status, large.body.error]).toEqual([413, "invalid_request"]);
  });
});

describe("POST /token, confidential clients", () => {
  const secret = "a secret with a colon: and a %";
  const basic = (id: string, password: string) =>
    `Basic ${Buffer.from(`${encodeURIComponent(id)}:${encodeURIComponent(password)}`).toString("base64")}`;
  beforeEach(async () => {
    await stage.close();
    stage = await world({
      clients: [
        { client_id: "desktop", client_secret: secret, name: "Desktop" },
        { client_id: "phone", name: "Phone" },
      ],
    });
  });

  test("authenticate by form or header, each with its own tokens only", async () => {
    const subjectToken = await allowed();
    const byForm = await exchange(stage, subjectToken, { client_id: "desktop", client_secret: secret });
    expect(byForm.status).toBe(200);
    const byHeader = await exchange(stage, subjectToken, { client_id: undefined }).set(
      "Authorization",
      basic("desktop", secret),
    );
    expect(byHeader.status).toBe(200);
    const other = await exchange(stage, subjectToken, { client_id: "phone" });
    expect(other.body.error).toBe("invalid_grant");
  });

  test("are refused without the secret, with a wrong one, and with two ways at once", async () => {
    const subjectToken = await allowed();
    const without = await exchange(stage, subjectToken, { client_id: "desktop" });
    expect([without.status, without.body.error]).toEqual([401, "invalid_client"]);
    const wrong = await exchange(stage, subjectToken, { client_id: undefined }).set(
      "Authorization",
      basic("desktop", "wrong"),
    );
    expect([wrong.status, wrong.headers["www-authenticate"]]).toEqual([401, 'Basic realm="token"']);
    const both = await exchange(stage, subjectToken, { client_id: "desktop", client_secret: secret }).set(
      "Authorization",
      basic("desktop", secret),
    );
    expect(both.body.error).toBe("invalid_request");
  });
});

describe("audiences", () => {
  test("can be limited to a list", async () => {
    await stage.close();
    stage = await world({ audiences: [service] });
    const subjectToken = await allowed();
    expect((await exchange(stage, subjectToken)).status).toBe(200);
    const other = await exchange(stage, subjectToken, { audience: "https://other.example" });
    expect(other.body.error).toBe("invalid_target");
    const page = await stage.browser.get("/consent?audience=https://other.example");
    expect(page.status).toBe(400);
  });
});

describe("mintIdJag", () => {
  test("takes claims and header members over, and leaves claims out", async () => {
    const token = await stage.provider.mintIdJag({
      userId: "usr_bob",
      audience: service,
      authTime: 5,
      overrides: { email_verified: false, jti: undefined },
      header: { typ: "JWT" },
    });
    expect(decodeProtectedHeader(token).typ).toBe("JWT");
    const claims = decodeJwt(token);
    expect(claims).toMatchObject({ sub: "usr_bob", auth_time: 5, email_verified: false });
    expect(claims).not.toHaveProperty("jti");
  });

  test("refuses people that do not exist", async () => {
    await expect(stage.provider.mintIdJag({ userId: "nobody", audience: service })).rejects.toThrow(
      TypeError,
    );
  });
});
