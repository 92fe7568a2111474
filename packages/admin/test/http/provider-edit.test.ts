/** Changing the policy of a trusted provider: what the form holds, what it refuses, and that no edit overwrites another. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { filledIn, problemsIn, wordsOf } from "../support/form.js";
import { identify, operator } from "../support/provider.js";
import {
  configuredIssuer,
  type EditStage,
  editStage,
  editPath as path,
  reason,
} from "../support/provider-form.js";
import { Visitor } from "../support/stage.js";

let stage: EditStage;
let on: EditStage["on"];
let admin: Visitor;
beforeEach(async () => {
  stage = await editStage();
  ({ on, admin } = stage);
});
afterEach(() => on.close());

describe("GET /providers/edit", () => {
  test("holds what holds, and sending it as it is changes nothing", async () => {
    const policy = {
      name: "Partner & Sons",
      jwksUri: on.idp.jwksUri,
      clientIds: ["client one", "https://client.example/meta?a=b&c=d"],
      algorithms: ["ES256" as const],
      allowedEmailDomains: ["example.com", "partner.example"],
      requiredAmr: ["mfa", "a b"],
      jit: false,
      scopes: ["api.read", "api.write"],
      maxAuthAgeSeconds: 77,
    };
    const { issuer } = on.idp;
    await on.auth.admin.saveProvider({ issuer, ...policy }, operator, await stage.provider());
    expect(await stage.opened()).toMatchObject({
      name: ["Partner & Sons"],
      jwks_uri: [on.idp.jwksUri],
      client_ids: ["client one\nhttps://client.example/meta?a=b&c=d"],
      algorithm: ["ES256"],
      domains: ["example.com\npartner.example"],
      amr: ["mfa\na b"],
      scope: ["api.read", "api.write"],
      max_auth_age: ["77"],
    });
    const before = await stage.audit();
    const reply = await stage.save({});
    expect(reply.headers.location).toContain("message=unchanged.");
    expect(await stage.provider()).toMatchObject(policy);
    expect(await stage.audit()).toEqual(before);
  });

  test("is offered for what was added here, not for what comes from the configuration", async () => {
    const view = (issuer: string) => admin.get(`/providers/view?issuer=${encodeURIComponent(issuer)}`);
    expect((await view(on.idp.issuer)).text).toContain("Change policy…");
    expect((await view(configuredIssuer)).text).not.toContain("Change policy…");
    const page = await admin.get(stage.at(configuredIssuer));
    expect(page.status).toBe(409);
    expect(page.text).toContain("comes from the configuration");
    expect(filledIn(page.text, path)).toEqual({});
    expect((await admin.get(stage.at("https://nobody.example"))).status).toBe(404);
  });
});

describe("POST /providers/edit", () => {
  test("saves every part, says so, and the log has who, why and what", async () => {
    const reply = await stage.save({
      name: "Partner Ltd",
      client_ids: " client one \r\n\r\nclient-two\r\nclient-two",
      algorithm: ["ES256", "RS256"],
      domains: "@Partner.example, example.com",
      amr: "mfa",
      max_auth_age: "600",
      scope: ["api.read"],
      jit: [],
    });
    expect(reply.status).toBe(303);
    expect(await stage.provider()).toMatchObject({
      name: "Partner Ltd",
      jwksUri: null,
      clientIds: ["client one", "client-two"],
      algorithms: ["ES256", "RS256"],
      allowedEmailDomains: ["partner.example", "example.com"],
      requiredAmr: ["mfa"],
      jit: false,
      scopes: ["api.read"],
      maxAuthAgeSeconds: 600,
    });
    const page = await admin.get((reply.headers.location as string).slice(on.mount.length));
    expect(page.text).toContain("The policy is changed");
    expect(await stage.audit()).toMatchObject([
      {
        actor: { kind: "operator", id: "op_admin" },
        detail: {
          iss: on.idp.issuer,
          reason,
          nameBefore: "Partner",
          nameAfter: "Partner Ltd",
          scopesBefore: null,
          scopesAfter: ["api.read"],
        },
      },
    ]);
    const log = wordsOf((await admin.get("/audit?type=provider.changed")).text);
    expect(log).toContain("Provider changed");
    expect(log).toContain("Changed: Name, Client ids, Signing algorithms, E-mail domains");
    expect(log).toContain("Oldest sign-in in seconds before: 3600 Oldest sign-in in seconds now: 600");
    expect(log).toContain(
      "People without an account before: Get one People without an account now: Are refused",
    );
  });

  test("holds for the provider's next ID-JAG", async () => {
    expect((await identify(on, on.idJag())).body.error).toBe("interaction_required");
    expect((await stage.save({ domains: "partner.example" })).status).toBe(303);
    expect((await identify(on, on.idJag())).body.error).toBe("policy_not_met");
    expect((await stage.save({ domains: "" })).status).toBe(303);
    expect((await identify(on, on.idJag())).body.error).toBe("interaction_required");
  });

  test.each<[string, string, Record<string, string | string[]>, string]>([
    ["no name", "name", { name: " " }, "Give it a name"],
    ["a long name", "name", { name: "x".repeat(101) }, "at most 100"],
    ["no algorithm", "algorithm", { algorithm: [] }, "at least one algorithm"],
    ["an algorithm nobody knows", "algorithm", { algorithm: ["HS256"] }, "at least one algorithm"],
    [
      "an address for a domain",
      "domains",
      { domains: "alice@example.com" },
      "“alice@example.com” is no domain",
    ],
    ["a URL for a domain", "domains", { domains: "example.com https://b.example" }, "is no domain"],
    ["an age that is no number", "max_auth_age", { max_auth_age: "1h" }, "whole seconds"],
    ["an age of nothing", "max_auth_age", { max_auth_age: "0" }, "whole seconds"],
    ["an age without end", "max_auth_age", { max_auth_age: "99999999" }, "whole seconds"],
    ["no scope", "scope", { scope: [] }, "at least one scope"],
    ["a scope nobody offers", "scope", { scope: ["api.read", "admin"] }, "is not one of scopes"],
    ["no reason", "reason", { reason: "" }, "Say why"],
    ["an address of keys that is none", "jwks_uri", { jwks_uri: "keys" }, "No keys could be fetched there"],
    [
      "a file for an address of keys",
      "jwks_uri",
      { jwks_uri: "file:///etc/passwd" },
      "No keys could be fetched there",
    ],
  ])(
    "refuses %s at its field, keeps what was typed, and changes nothing",
    async (_what, field, changes, text) => {
      const before = await stage.provider();
      const sent = { name: "Half done", ...changes };
      const reply = await stage.save(sent);
      expect(reply.status).toBe(422);
      expect(problemsIn(reply.text)[field]).toContain(text);
      if (sent.name.trim() !== "") expect(filledIn(reply.text, path).name).toEqual([sent.name]);
      expect(await stage.provider()).toEqual(before);
      expect(await stage.audit()).toEqual([]);
    },
  );

  test("several problems are told at once", async () => {
    const reply = await stage.save({ name: "", algorithm: [], reason: "" });
    expect(Object.keys(problemsIn(reply.text)).sort()).toEqual(["algorithm", "name", "reason"]);
  });

  test("neither changes what comes from the configuration, nor what nobody has", async () => {
    for (const [issuer, status] of [
      [configuredIssuer, 409],
      ["https://nobody.example", 404],
    ] as const)
      expect((await stage.save({ issuer, name: "Mine" })).status).toBe(status);
    expect((await on.auth.admin.listProviders()).map(({ provider: { name } }) => name)).toEqual([
      "Example AI",
      "Partner",
    ]);
  });

  test.each(["operator", "viewer"] as const)("refuses a form posted by hand by a %s", async (role) => {
    const before = await stage.provider();
    const fields = await stage.opened();
    const reply = await new Visitor(on, role).post(path, { ...fields, reason, name: "Mine", csrf: "x" });
    expect(reply.status).toBe(403);
    expect(await stage.provider()).toEqual(before);
  });
});
