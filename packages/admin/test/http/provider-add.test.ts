/** Trusting a new provider: what is saved is what was looked at, whatever is posted. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { json, publicJwk, type TestIssuer, testIssuer } from "../../../middleware/test/support/issuer.js";
import { filledIn, problemsIn, wordsOf } from "../support/form.js";
import { type Stage, stage, Visitor } from "../support/stage.js";

const reason = "Agreed with the partner";
const path = "/providers/add";
const policy = { name: "Partner", algorithm: ["ES256"], scope: ["api.read"], reason };

let on: Stage;
let admin: Visitor;
let idp: TestIssuer;
let other: TestIssuer;
beforeEach(async () => {
  on = await stage({ options: { trustedProviders: [], dangerouslyAllowPrivateNetwork: true } });
  admin = new Visitor(on, "admin");
  [idp, other] = [await testIssuer(on.clock), await testIssuer(on.clock)];
});
afterEach(() => on.close());

const trusted = async () =>
  (await on.auth.admin.listProviders()).map(({ provider: { issuer, jwksUri, name } }) => ({
    issuer,
    jwksUri,
    name,
  }));
const added = async () =>
  (await on.auth.admin.queries?.pageAudit({ type: "provider.added" }, { after: null, limit: 50 }))?.rows ??
  [];
/** What the second step would send as it is. */
const lookedAt = async (issuer: string, jwksUri = "") =>
  filledIn((await admin.post("/providers/inspect", { issuer, jwks_uri: jwksUri })).text, path);

describe("the look", () => {
  test("shows who it is and where its keys were found; the second step repeats neither as a field", async () => {
    idp.answers.set(
      "/.well-known/oauth-authorization-server",
      json({ issuer: idp.issuer, jwks_uri: `${idp.issuer}/elsewhere.json` }),
    );
    idp.answers.set("/elsewhere.json", json({ keys: [publicJwk(idp.key)] }));
    const found = await admin.post("/providers/inspect", { issuer: idp.issuer });
    expect(found.status).toBe(200);
    const text = wordsOf(found.text);
    expect(text).toContain(`Issuer${idp.issuer}`);
    expect(text).toContain(`Keys at${idp.issuer}/elsewhere.json (found by discovery)`);
    expect(text).toContain("Nothing is saved yet");
    expect(text).toContain(idp.key.kid);
    expect(found.text).toContain(`<input type="hidden" name="issuer" value="${idp.issuer}">`);
    expect(found.text).toContain('<input type="hidden" name="jwks_uri" value="">');
    expect(found.text).not.toMatch(/id="field-(issuer|jwks_uri)"/);

    const given = await admin.post("/providers/inspect", { issuer: idp.issuer, jwks_uri: idp.jwksUri });
    expect(wordsOf(given.text)).toContain(`Keys at${idp.jwksUri} (as given)`);
    expect(await trusted()).toEqual([]);
  });

  test("can be taken again at another address, which starts from this one", async () => {
    const { text } = await admin.post("/providers/inspect", { issuer: idp.issuer, jwks_uri: idp.jwksUri });
    const back = /href="([^"]+)">Look at another address</.exec(text)?.[1]?.replaceAll("&amp;", "&") ?? "";
    expect(filledIn((await admin.get(back.slice(on.mount.length))).text, "/providers/inspect")).toMatchObject(
      {
        issuer: [idp.issuer],
        jwks_uri: [idp.jwksUri],
      },
    );
  });
});

describe("what was looked at", () => {
  test("is saved, with its policy", async () => {
    const reply = await admin.post(path, { ...(await lookedAt(idp.issuer, idp.jwksUri)), ...policy });
    expect(reply.status).toBe(303);
    expect(await trusted()).toEqual([{ issuer: idp.issuer, jwksUri: idp.jwksUri, name: "Partner" }]);
    expect(await added()).toMatchObject([{ actor: { id: "op_admin" }, detail: { iss: idp.issuer, reason } }]);
  });

  test("a mistake in the policy is told with who it is about, and nobody is asked for keys again", async () => {
    const fields = await lookedAt(idp.issuer, idp.jwksUri);
    const asked = idp.timesAsked();
    const reply = await admin.post(path, { ...fields, ...policy, name: "", reason: "" });
    expect(reply.status).toBe(422);
    expect(Object.keys(problemsIn(reply.text)).sort()).toEqual(["name", "reason"]);
    expect(wordsOf(reply.text)).toContain(`Issuer${idp.issuer}Keys at${idp.jwksUri}`);
    expect(idp.timesAsked()).toBe(asked);
    expect(await trusted()).toEqual([]);
    const again = filledIn(reply.text, path);
    expect((await admin.post(path, { ...again, name: "Partner", reason })).status).toBe(303);
  });

  test("many at once add it once", async () => {
    const fields = await lookedAt(idp.issuer);
    const visitors = Array.from({ length: 8 }, () => new Visitor(on, "admin"));
    const replies = await Promise.all(
      visitors.map(async (visitor, index) =>
        visitor.post(path, { ...fields, ...policy, name: `Partner ${index}`, csrf: await visitor.csrf() }),
      ),
    );
    expect(replies.map(({ status }) => status).sort()).toEqual([303, ...Array(7).fill(422)]);
    const refused = replies.find(({ status }) => status === 422)?.text ?? "";
    expect(problemsIn(refused).form).toContain("is trusted already");
    expect(await trusted()).toHaveLength(1);
    expect(await added()).toHaveLength(1);
  });
});

describe("what was not looked at", () => {
  test("is shown instead of saved when it is posted directly, and saved from there", async () => {
    const reply = await admin.post(path, { issuer: idp.issuer, ...policy });
    expect(reply.status).toBe(200);
    expect(wordsOf(reply.text)).toContain("Nothing is saved yet");
    expect(reply.text).toContain(idp.key.kid);
    expect([await trusted(), await added()]).toEqual([[], []]);
    const form = filledIn(reply.text, path);
    expect(form).toMatchObject({ name: ["Partner"], scope: ["api.read"], reason: [reason] });
    expect((await admin.post(path, form)).status).toBe(303);
    expect(await trusted()).toHaveLength(1);
  });

  test.each<[string, () => Record<string, string>]>([
    ["another issuer", () => ({ issuer: other.issuer })],
    ["another address of its keys", () => ({ jwks_uri: other.jwksUri })],
    ["an address moved from one field to the other", () => ({ issuer: other.issuer, jwks_uri: idp.jwksUri })],
    ["no look", () => ({ issuer: other.issuer, looked_at: "" })],
    ["a look that names the issuer alone", () => ({ issuer: other.issuer, looked_at: other.issuer })],
    ["what the form of a change calls a look", () => ({ issuer: other.issuer, looked_at: "at:" })],
  ])("%s than what was looked at is shown first, and nothing is saved", async (_what, changes) => {
    const fields = await lookedAt(idp.issuer);
    const reply = await admin.post(path, { ...fields, ...policy, ...changes() });
    expect(reply.status).toBe(200);
    const text = wordsOf(reply.text);
    const sent = { jwks_uri: "", ...changes() };
    expect(text).toContain("Nothing is saved yet");
    expect(filledIn(reply.text, path)).toMatchObject({ jwks_uri: [sent.jwks_uri], name: ["Partner"] });
    expect([await trusted(), await added()]).toEqual([[], []]);
  });

  test.each<[string, string]>([
    ["of an issuer that does not answer", "http://127.0.0.1:1"],
    ["of what is no address", "nonsense"],
  ])("a direct post %s is refused, and nothing is saved", async (_what, issuer) => {
    const reply = await admin.post(path, { issuer, ...policy });
    expect(reply.status).toBe(422);
    expect(filledIn(reply.text, path)).toEqual({});
    expect(filledIn(reply.text, "/providers/inspect").issuer).toEqual([issuer]);
    expect([await trusted(), await added()]).toEqual([[], []]);
    expect(on.failures).toEqual([]);
  });
});
