/** What an operator changes in single registrations, and that the very next request feels it. */
import { beforeEach, describe, expect, test } from "@jest/globals";
import { anAgent, byOperator, operator } from "../support/admin-stage.js";
import { type ProviderWorld, providerWorld, registerBy } from "../support/issuer-world.js";
import { callApi, exchange, issuer, people, type World } from "../support/world.js";

let stage: ProviderWorld;
beforeEach(async () => {
  stage = await providerWorld({ options: { preClaimScopes: ["api.read", "api.write"] } });
});

const admin = () => stage.auth.admin;
const write = ({ agent }: World, token: string) =>
  agent.post("/api/notes").set("Authorization", `Bearer ${token}`);
const lastRow = async () => {
  const { detail, ...row } = (await stage.rows("audit_events")).at(-1) ?? {};
  return { ...row, detail: JSON.parse(String(detail)) };
};

describe("revoke", () => {
  test("makes the very next API call 401, once, and says who and why", async () => {
    const { id, accessToken } = await anAgent(stage);
    expect((await callApi(stage, accessToken)).status).toBe(200);
    expect(await admin().revoke(id, operator)).toBe(true);
    expect((await callApi(stage, accessToken)).status).toBe(401);
    expect(await lastRow()).toMatchObject({
      type: "registration.revoked",
      ...byOperator,
      registration_id: id,
      detail: { reason: "looks wrong" },
    });
    const before = await stage.snapshot();
    expect(await admin().revoke(id, operator)).toBe(false);
    expect(await admin().revoke("reg_of_nobody", operator)).toBe(false);
    expect(await stage.snapshot()).toEqual(before);
    expect(await admin().findRegistration(id)).toMatchObject({ status: "revoked", registration: { id } });
    expect(await admin().findRegistration("reg_of_nobody")).toBeNull();
  });

  test("keeps one line of at most 200 characters as the reason", async () => {
    const { id } = await anAgent(stage);
    await admin().revoke(id, { ...operator, reason: ` two\nlines ${"x".repeat(300)}` });
    expect((await lastRow()).detail.reason).toHaveLength(200);
    expect((await lastRow()).detail.reason).toMatch(/^two lines x+$/);
  });
});

describe("an export", () => {
  test("is noted with who takes what, and holds nothing back", async () => {
    const filter = { kind: "anonymous", createdFrom: 1_767_225_600 } as const;
    await admin().recordExport({ what: "registrations", filter }, { ...operator, reason: "" });
    const row = await lastRow();
    expect(row).toMatchObject({ type: "data.exported", ...byOperator, registration_id: null });
    expect(row.detail).toEqual({ what: "registrations", filter: JSON.stringify(filter) });
  });
});

describe("suspend and resume", () => {
  test("stop the agent at once and let it go on with the same token", async () => {
    const { id, accessToken } = await anAgent(stage);
    expect(await admin().resume(id, operator)).toBe(false);
    expect(await admin().suspend(id, operator)).toBe(true);
    expect(await admin().suspend(id, operator)).toBe(false);
    expect((await callApi(stage, accessToken)).status).toBe(401);
    expect(await lastRow()).toMatchObject({ type: "registration.suspended", ...byOperator });
    expect(await admin().resume(id, operator)).toBe(true);
    expect((await callApi(stage, accessToken)).status).toBe(200);
    expect(await lastRow()).toMatchObject({ type: "registration.resumed", ...byOperator });
  });
});

describe("narrowScopes", () => {
  test("takes effect on the next call, and never widens", async () => {
    const { id, accessToken } = await anAgent(stage);
    expect((await write(stage, accessToken)).status).toBe(201);
    expect(await admin().narrowScopes(id, ["api.read", "made.up"], operator)).toBe(true);
    expect((await write(stage, accessToken)).status).toBe(403);
    expect((await callApi(stage, accessToken)).status).toBe(200);
    expect(await lastRow()).toMatchObject({
      type: "registration.narrowed",
      ...byOperator,
      registration_id: id,
      detail: { reason: "looks wrong", scopes: ["api.read"] },
    });
    const before = await stage.snapshot();
    for (const scopes of [["api.read", "api.write"], ["api.write"], []])
      expect(await admin().narrowScopes(id, scopes, operator)).toBe(false);
    expect(await admin().narrowScopes("reg_of_nobody", ["api.read"], operator)).toBe(false);
    expect(await stage.snapshot()).toEqual(before);
  });
});

describe("setEndDate", () => {
  test("ends the agent in that second, and not after it was cleared", async () => {
    const { id, accessToken } = await anAgent(stage);
    const endsAt = stage.clock.now() + 60;
    expect(await admin().setEndDate(id, endsAt, operator)).toBe(true);
    expect(await admin().setEndDate(id, endsAt, operator)).toBe(false);
    expect(await lastRow()).toMatchObject({
      type: "registration.end_date_set",
      ...byOperator,
      detail: { reason: "looks wrong", endsAt },
    });
    stage.clock.advance(59);
    expect((await callApi(stage, accessToken)).status).toBe(200);
    stage.clock.advance(1);
    expect((await callApi(stage, accessToken)).status).toBe(401);
    expect((await admin().findRegistration(id))?.status).toBe("ended");
    await expect(admin().setEndDate(id, Number.NaN, operator)).rejects.toThrow(RangeError);
    expect((await admin().findRegistration(id))?.status).toBe("ended");
    expect(await admin().setEndDate(id, null, operator)).toBe(true);
    expect((await callApi(stage, accessToken)).status).toBe(200);
  });
});

describe("revokeToken", () => {
  test("kills the one token by the hash the listing gives", async () => {
    const { id, accessToken } = await anAgent(stage);
    const [token] = (await admin().queries?.listTokens(id)) ?? [];
    expect(await admin().revokeToken(String(token?.hash), operator)).toBe(true);
    expect((await callApi(stage, accessToken)).status).toBe(401);
    expect(await lastRow()).toMatchObject({ type: "token.revoked", ...byOperator, registration_id: id });
    expect(await admin().revokeToken(String(token?.hash), operator)).toBe(false);
    expect(await admin().revokeToken("hash of nothing", operator)).toBe(false);
    expect((await admin().findRegistration(id))?.status).toBe("unclaimed");
  });
});

describe("unlinkDelegation", () => {
  test("lets what is registered go on, and asks the person the next time", async () => {
    const idJag = () => stage.idp.mint({ claims: { sub: "person-a", email: "dora@example.org" } });
    const { body } = await registerBy(stage, idJag());
    const { body: tokens } = await exchange(stage, body.identity_assertion);
    const [account] = stage.book.accounts.slice(-1);
    Object.assign(account ?? {}, { verified: true });
    expect(await admin().unlinkDelegation(stage.idp.issuer, "person-a", operator)).toBe(true);
    expect(await admin().unlinkDelegation(stage.idp.issuer, "person-a", operator)).toBe(false);
    expect(await lastRow()).toMatchObject({
      type: "delegation.deleted",
      ...byOperator,
      detail: { iss: stage.idp.issuer, sub: "person-a", userId: account?.id, reason: "looks wrong" },
    });
    expect((await callApi(stage, tokens.access_token)).status).toBe(200);
    expect((await registerBy(stage, idJag())).body.error).toBe("assertion_revoked");
    stage.clock.advance(1);
    const again = await registerBy(stage, idJag());
    expect([again.status, again.body.error]).toEqual([401, "interaction_required"]);
  });
});

describe("what is only looked up", () => {
  test("users by address, keys, names", async () => {
    expect(await admin().findUserByEmail(" Alice@Example.com ")).toBe(people.alice.id);
    expect(await admin().findUserByEmail("nobody@example.com")).toBeNull();
    expect(await admin().findUserByEmail("no address")).toBeNull();
    expect(admin()).toMatchObject({
      serviceName: "Example Notes",
      authMdUrl: `${issuer}/auth.md`,
      hasMail: false,
      canFindByEmail: true,
      scopes: { "api.read": "Read your notes" },
    });
    expect(admin().now()).toBe(stage.clock.now());
  });

  test("nobody by address where the host cannot, and it says so", async () => {
    stage = await providerWorld({ accounts: () => ({ findByEmail: undefined }) });
    expect(admin().canFindByEmail).toBe(false);
    expect(await admin().findUserByEmail("alice@example.com")).toBeNull();
  });

  test("keys can be rotated, with who and why", async () => {
    const { kid, signsFrom } = await admin().rotateKeys(operator);
    expect(await lastRow()).toMatchObject({
      type: "key.rotated",
      ...byOperator,
      detail: { kid, reason: "looks wrong" },
    });
    const [newest, older] = await admin().listKeys();
    expect(newest).toMatchObject({ kid, signsFrom, retiredAt: null });
    expect(older?.retiredAt).toBe(signsFrom);
    expect(Object.keys(newest ?? {}).sort()).toEqual([
      "algorithm",
      "createdAt",
      "kid",
      "retiredAt",
      "signsFrom",
    ]);
  });
});

describe("settings", () => {
  test("hold no secret of the options, whatever it stands in", async () => {
    const secrets = [
      "current secret of the masked world, 32 bytes",
      "older secret of the masked world, 32 bytes!",
    ];
    const masked = await providerWorld({
      options: {
        secrets,
        resourceLogoUri: "https://logo-user:logo-pw@cdn.example/logo.png?sig=logo-signature",
        resourceDocumentation: `https://docs.example/${encodeURIComponent("x")}?token=docs-token`,
        mail: { smtp: "smtp://mail-user:mail%20pw@mail.example:587", from: "Notes <no-reply@notes.example>" },
        theme: { stylesheetUrl: `/theme.css#${secrets[1]}` },
      },
    });
    const view = masked.auth.admin.settings();
    const text = JSON.stringify(view);
    for (const secret of [
      ...secrets,
      "logo-user",
      "logo-pw",
      "logo-signature",
      "docs-token",
      "mail-user",
      "mail%20pw",
      "=>",
    ])
      expect(text).not.toContain(secret);
    const value = (path: string) => view.find((line) => line.path === path)?.value;
    expect(value("secrets")).toBe("2, not shown");
    expect(value("mail.smtp")).toBe("smtp://•••@mail.example:587");
    expect(value("accounts.findById")).toBe("a function of yours");
    expect(value("logger")).toBe("an object of yours");
    expect(value("trustedProviders.0.issuer")).toBe(masked.idp.issuer);
    expect(value("lifetimes.accessTokenSeconds")).toBe("3600");
    expect(value("preClaimScopes")).toBe("api.read");
    expect(value("scopes.api.read")).toBe("Read your notes");
    await masked.auth.close();
  });
});
