/** Providers, delegations, audit log, mail, keys, settings and the workbench: what they show and what they do. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { edKey, type TestIssuer, testIssuer } from "../../../middleware/test/support/issuer.js";
import { filledIn, wordsOf } from "../support/form.js";
import { identify, operator } from "../support/provider.js";
import {
  anonymousAgent,
  claimedAgent,
  people,
  type Stage,
  settleClaim,
  stage,
  Visitor,
} from "../support/stage.js";

let on: Stage;
let admin: Visitor;
beforeEach(async () => {
  on = await stage({
    options: {
      trustedProviders: [{ issuer: "https://agents.example-ai.com", name: "Example AI" }],
      dangerouslyAllowPrivateNetwork: true,
    },
  });
  admin = new Visitor(on, "admin");
});
afterEach(() => on.close());

const reason = "Agreed with the partner";

describe("providers", () => {
  let idp: TestIssuer;
  let issuer: string;
  beforeEach(async () => {
    idp = await testIssuer(on.clock, { key: edKey("key-1") });
    issuer = idp.issuer;
  });

  /** An agent that this person has let in through the provider. */
  async function agentOf(person: "alice" | "bob") {
    const claims = { aud: "https://notes.example", sub: person, email: people[person]?.email };
    const asked = await identify(on, idp.mint({ claims }));
    expect(asked.status).toBe(401);
    return settleClaim(on, person, asked.body);
  }

  test("one is added after its keys were shown, disabled with its impact, and enabled again", async () => {
    const looked = await admin.post("/providers/inspect", { issuer });
    expect(looked.status).toBe(200);
    expect(looked.text).toContain("key-1");
    expect(await on.auth.admin.listProviders()).toHaveLength(1);
    const policy = { name: "Partner", algorithm: ["EdDSA"], scope: ["api.read"], reason };
    const fields = { ...filledIn(looked.text, "/providers/add"), ...policy };
    expect((await admin.post("/providers/add", { ...fields, reason: "" })).status).toBe(422);
    expect((await admin.post("/providers/add", { ...fields, name: "" })).status).toBe(422);
    const added = await admin.post("/providers/add", fields);
    expect(added.status).toBe(303);
    expect((await on.auth.admin.findProvider(issuer))?.provider).toMatchObject({
      name: "Partner",
      algorithms: ["EdDSA"],
      scopes: ["api.read"],
    });
    const agents = [await agentOf("alice"), await agentOf("bob")];
    const query = `?issuer=${encodeURIComponent(issuer)}`;
    for (const [to, isDisabled, impact] of [
      ["disable", true, "What it registered before goes on: 2 not revoked."],
      ["enable", false, "1 not revoked came through it before."],
    ] as const) {
      const asked = await admin.get(`/providers/switch/${to}${query}`);
      expect(wordsOf(asked.text)).toContain(impact);
      const [, list = ""] = /href="([^"]*\/registrations\?issuer=[^"]*)"/.exec(asked.text) ?? [];
      expect((await admin.get(list.slice(on.mount.length))).text).toContain(agents[0]?.id);
      expect((await admin.submit(`/providers/switch/${to}${query}`, { reason })).status).toBe(303);
      const found = await on.auth.admin.findProvider(issuer);
      expect(found?.provider.disabledAt !== null).toBe(isDisabled);
      await on.auth.admin.revoke(agents[1]?.id as string, operator);
    }
    const audit = await admin.get("/audit?actor=op_admin");
    expect(audit.text).toContain("Provider disabled");
    expect(audit.text).toContain(reason);
  });

  test("an issuer that cannot be reached is not offered for trust", async () => {
    const reply = await admin.post("/providers/inspect", { issuer: "http://127.0.0.1:1" });
    expect(reply.status).toBe(422);
    expect(reply.text).toContain("could not be fetched");
    expect(reply.text).not.toContain("Trust this provider");
    expect((await admin.post("/providers/inspect", { issuer: "not an address" })).status).toBe(422);
  });

  test("somebody else's decision in between is told, and not undone", async () => {
    const known = "https://agents.example-ai.com";
    const csrf = await admin.csrf();
    await admin.post("/providers/switch/disable", { issuer: known, reason });
    const late = await admin.post("/providers/switch/disable", { issuer: known, reason, csrf });
    expect(late.status).toBe(409);
  });
});

describe("workbench", () => {
  test("says what is wrong with what is pasted, and shows none of it again in the field", async () => {
    const part = (value: object) => Buffer.from(JSON.stringify(value)).toString("base64url");
    const jws = `${part({ alg: "ES256", typ: "oauth-id-jag+jwt" })}.${part({ iss: "https://nobody.example" })}.c2ln`;
    const reply = await admin.post("/workbench", { assertion: jws });
    expect(reply.status).toBe(200);
    expect(reply.text).toContain("It would be refused at");
    expect(reply.text).toContain("https://nobody.example");
    expect(reply.text).not.toContain(jws);
    expect((await admin.post("/workbench", { assertion: "<script>" })).text).not.toContain("<script>");
    expect((await admin.post("/workbench", { assertion: "" })).status).toBe(422);
  });
});

describe("audit log", () => {
  test("filters by actor and registration, and exports the same as CSV and NDJSON", async () => {
    const { id } = await claimedAgent(on, "alice", "=cmd");
    await anonymousAgent(on);
    await admin.submit(`/registrations/${id}/revoke`, { reason: "=HYPERLINK(1)" });
    const query = `?actor_kind=operator&registration=${id}`;
    const page = await admin.get(`/audit${query}`);
    expect(page.text).toContain("=HYPERLINK(1)");
    const lines = (await admin.post(`/audit.ndjson${query}`)).text.trimEnd().split("\n");
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { type: "registration.revoked", actor: { kind: "operator", id: "op_admin" }, registration_id: id },
    ]);
    const csv = (await admin.post(`/audit.csv${query}`)).text;
    for (const cell of csv.matchAll(/"((?:[^"]|"")*)"/g)) expect(cell[1]).not.toMatch(/^\s*[=+\-@]/);
  });

  test("any query string is a page", async () => {
    for (const query of [
      "type=__proto__",
      "actor_kind=x",
      "from=2026-13-40",
      "after=zzz",
      "registration=%00",
      "to=x",
    ])
      expect((await admin.get(`/audit?${query}`)).status).toBe(200);
    expect(on.failures).toEqual([]);
  });
});

describe("mail", () => {
  test("viewers see that there was one, operators also to whom", async () => {
    await on.close();
    on = await stage({
      options: { mail: { smtp: "smtp://127.0.0.1:1", from: "Notes <no-reply@example.com>" } },
    });
    await on.agent
      .post("/agent/identity")
      .send({ type: "service_auth", login_hint: "alice@example.com" })
      .expect(200);
    const viewer = await new Visitor(on, "viewer").get("/mail");
    expect(viewer.text).toContain("Claim link");
    expect(viewer.text).not.toContain("alice@example.com");
    const operator = await new Visitor(on, "operator").get("/mail");
    expect(operator.text).toContain("alice@example.com");
    expect(operator.text).not.toContain("claim_attempt_token");
  });

  test("a mail that did not fail is not tried again", async () => {
    const reply = await new Visitor(on, "operator").post("/mail/12345/retry");
    expect(reply.headers.location).toContain("message=unchanged.");
    expect((await new Visitor(on, "operator").post("/mail/abc/retry")).status).toBe(404);
  });
});

describe("keys and settings", () => {
  test("rotating publishes a key and is in the audit log", async () => {
    expect((await admin.submit("/keys/rotate", { reason })).status).toBe(303);
    expect(await on.auth.admin.listKeys()).toHaveLength(2);
    expect((await admin.get("/keys")).text).toContain("Published");
    expect((await admin.get("/audit?type=key.rotated")).text).toContain("op_admin");
  });

  test("settings show no secret", async () => {
    const { text } = await new Visitor(on, "viewer").get("/settings");
    expect(text).toContain("issuer");
    expect(text).not.toContain("a secret for tests");
  });
});

describe("delegations", () => {
  test("unlinking one that is not there changes nothing and says so", async () => {
    const reply = await admin.submit("/delegations/unlink?issuer=https%3A%2F%2Fa.example&subject=nobody", {
      reason,
    });
    expect(reply.headers.location).toContain("message=unchanged.");
  });
});
