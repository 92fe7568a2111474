/** Two who edit the same provider, and keys that move: nothing is overwritten, nothing is trusted unseen. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { bare, ecKey, json, publicJwk } from "../../../middleware/test/support/issuer.js";
import { filledIn, problemsIn, wordsOf } from "../support/form.js";
import { identify, operator } from "../support/provider.js";
import { type EditStage, editStage, editPath as path, reason } from "../support/provider-form.js";
import { Visitor } from "../support/stage.js";

let stage: EditStage;
let on: EditStage["on"];
let admin: Visitor;
beforeEach(async () => {
  stage = await editStage();
  ({ on, admin } = stage);
});
afterEach(() => on.close());

describe("two who edit the same", () => {
  test("the second is told, sees both, and nothing is overwritten", async () => {
    const other = new Visitor(on, "admin");
    const [first, second] = [await stage.opened(admin), await stage.opened(other)];
    await admin.post(path, { ...first, reason, scope: ["api.read"], max_auth_age: "60" });
    const late = { ...second, reason: "Mine", name: "Overwritten?", max_auth_age: "60" };
    const reply = await other.post(path, late);
    expect(reply.status).toBe(409);
    expect(wordsOf(reply.text)).toContain("Nothing of yours was saved");
    const table = wordsOf(/Somebody was faster<\/h2>.*?<\/table>/s.exec(reply.text)?.[0] ?? "");
    expect(table).toContain("Overwritten?");
    expect(table).toContain("Scopes its agents can be granted at most");
    expect(table).not.toContain("Oldest sign-in");
    expect(await stage.provider()).toMatchObject({ name: "Partner", scopes: ["api.read"] });
    expect(await stage.audit()).toHaveLength(1);
    // The form is made from what holds now, so it can be decided anew.
    const again = filledIn(reply.text, path);
    expect(again).toMatchObject({ name: ["Partner"], scope: ["api.read"], reason: ["Mine"] });
    expect((await other.post(path, { ...again, name: "Decided anew" })).status).toBe(303);
    expect(await stage.provider()).toMatchObject({ name: "Decided anew", scopes: ["api.read"] });
  });

  test("at the very same moment: one is taken", async () => {
    const visitors = Array.from({ length: 8 }, () => new Visitor(on, "admin"));
    const forms = await Promise.all(visitors.map((visitor) => stage.opened(visitor)));
    const replies = await Promise.all(
      visitors.map((visitor, index) =>
        visitor.post(path, { ...forms[index], reason, name: `Editor ${index}` }),
      ),
    );
    const statuses = replies.map(({ status }) => status).sort();
    expect(statuses).toEqual([303, ...Array.from({ length: 7 }, () => 409)]);
    expect(await stage.audit()).toHaveLength(1);
  });

  test("a form without a fingerprint, or with another's, is asked again", async () => {
    for (const seen of ["", "x", "e30"]) expect((await stage.save({ seen, name: "Mine" })).status).toBe(409);
    expect(await stage.provider()).toMatchObject({ name: "Partner" });
  });

  test("somebody who disables it meanwhile is no conflict, and is not undone", async () => {
    const form = await stage.opened();
    await on.auth.admin.setProviderDisabled(on.idp.issuer, true, operator);
    expect((await admin.post(path, { ...form, reason, name: "Renamed" })).status).toBe(303);
    expect(await stage.provider()).toMatchObject({ name: "Renamed", disabledAt: on.clock.now() });
  });
});

describe("another address of the keys", () => {
  const moved = ecKey("moved-key");
  const address = () => `${on.idp.issuer}/moved.json`;
  beforeEach(() => void on.idp.answers.set("/moved.json", json({ keys: [publicJwk(moved)] })));

  test("is looked at and shown first, saved by the second press, and holds from then on", async () => {
    expect((await identify(on, on.idJag())).body.error).toBe("interaction_required");
    const looked = await stage.save({ jwks_uri: address(), name: "Moved" });
    expect(looked.status).toBe(200);
    expect(wordsOf(looked.text)).toContain("Nothing is saved yet");
    expect(looked.text).toContain("moved-key");
    expect(await stage.provider()).toMatchObject({ name: "Partner", jwksUri: null });
    const form = filledIn(looked.text, path);
    expect(form).toMatchObject({ name: ["Moved"], jwks_uri: [address()], reason: [reason] });
    expect((await admin.post(path, form)).status).toBe(303);
    expect(await stage.provider()).toMatchObject({ name: "Moved", jwksUri: address() });
    expect((await identify(on, on.idJag())).body.error).toBe("invalid_signature");
  });

  test("is looked at again when it is changed once more", async () => {
    const looked = await stage.save({ jwks_uri: address() });
    const form = filledIn(looked.text, path);
    on.idp.answers.set("/other.json", json({ keys: [publicJwk(ecKey("other-key"))] }));
    const again = await admin.post(path, { ...form, jwks_uri: `${on.idp.issuer}/other.json` });
    expect(again.status).toBe(200);
    expect(again.text).toContain("other-key");
    expect(await stage.provider()).toMatchObject({ jwksUri: null });
  });

  test("is not saved where no keys are", async () => {
    on.idp.answers.set("/moved.json", bare(503));
    const reply = await stage.save({ jwks_uri: address() });
    expect(reply.status).toBe(422);
    expect(problemsIn(reply.text).jwks_uri).toBe("No keys could be fetched there: The answer was 503.");
    expect(await stage.provider()).toMatchObject({ jwksUri: null });
  });

  test("going back to discovery is looked at as well", async () => {
    await admin.post(path, filledIn((await stage.save({ jwks_uri: address() })).text, path));
    const looked = await stage.save({ jwks_uri: "" });
    expect(looked.status).toBe(200);
    expect(looked.text).toContain(on.idp.key.kid);
    await admin.post(path, filledIn(looked.text, path));
    expect(await stage.provider()).toMatchObject({ jwksUri: null });
  });
});
