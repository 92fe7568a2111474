/** Whether a Security Event Token comes from whom it says: type, issuer, key, signature (SET-08, SET-10). */
import { describe, expect, test } from "@jest/globals";
import { eventIssuer, type Members, newKeys } from "../support/event-issuer.js";
import {
  changesNothing,
  eventStage,
  expectAccepted,
  expectEventRefusal,
  notify,
} from "../support/event-stage.js";
import { expectRefused } from "./refused-events.js";

const carols: Members = { sub: "sub-carol" };

describe("who it is from (SET-10)", () => {
  test("a stranger is refused without a look at its keys, and leaves no trace", async () => {
    const stage = await eventStage();
    const stranger = await eventIssuer();
    stranger.clock = stage.clock;
    expectEventRefusal(await changesNothing(stage, () => notify(stage, stranger.event())), "invalid_issuer");
    expect(stranger.requests).toEqual([]);
  });

  test("a near miss of a trusted issuer, and this service itself, are strangers", async () => {
    const stage = await eventStage();
    const { url } = stage.provider;
    for (const iss of [`${url}/`, url.toUpperCase(), ` ${url}`, "https://notes.example", ""])
      expectEventRefusal(
        await changesNothing(stage, () => notify(stage, stage.provider.event({ iss }))),
        "invalid_issuer",
      );
  });

  test.each([undefined, null, 7, ["x"]])("an iss that is %p is malformed (SET-07)", async (iss) => {
    const stage = await eventStage();
    expectEventRefusal(
      await changesNothing(stage, () => notify(stage, stage.provider.event({ iss }))),
      "invalid_request",
    );
  });

  test("another trusted provider cannot sign for it", async () => {
    const stage = await eventStage();
    const { kid } = stage.provider.jwks.keys[0] as { kid: string };
    const forged = stage.other.event({ iss: stage.provider.url });
    await expectRefused(stage, () => notify(stage, forged), "invalid_key");
    const named = stage.other.event({ iss: stage.provider.url }, { kid });
    await expectRefused(stage, () => notify(stage, named), "authentication_failed");
  });

  test.each<[string, Members, string]>([
    ["unknown kid", { kid: "nobody" }, "invalid_key"],
    ["alg none", { alg: "none" }, "authentication_failed"],
    ["alg HS256", { alg: "HS256" }, "authentication_failed"],
    ["alg of no string", { alg: 7 }, "authentication_failed"],
    ["no alg", { alg: undefined }, "authentication_failed"],
  ])("%s is refused", async (_name, header, err) => {
    const stage = await eventStage();
    await expectRefused(stage, () => notify(stage, stage.provider.event(carols, header)), err);
  });

  test("a signature that does not fit is refused, and so is one left out", async () => {
    const stage = await eventStage();
    const [header, claims, signature = ""] = stage.provider.event(carols).split(".");
    const spoiled = `${header}.${claims}.${signature.startsWith("A") ? "B" : "A"}${signature.slice(1)}`;
    await expectRefused(stage, () => notify(stage, spoiled), "authentication_failed");
    const unsigned = `${header}.${claims}.`;
    expectEventRefusal(await changesNothing(stage, () => notify(stage, unsigned)), "invalid_request");
  });

  test("a key in the header is not looked at", async () => {
    const stage = await eventStage();
    const { privateKey, publicKey } = newKeys();
    const jwk = publicKey.export({ format: "jwk" });
    const header = { alg: "ES256", typ: "secevent+jwt", jwk, jku: "http://127.0.0.1:9/jwks.json" };
    const claims = { iss: stage.provider.url, sub: "sub-carol", aud: "https://notes.example", jti: "1" };
    const forged = stage.provider.signed(header, { ...claims, iat: stage.clock.now() }, privateKey);
    await expectRefused(stage, () => notify(stage, forged), "authentication_failed");
  });

  test.each<[string, Members]>([
    ["JWT", { typ: "JWT" }],
    ["an ID-JAG", { typ: "oauth-id-jag+jwt" }],
    ["a logout token", { typ: "logout+jwt" }],
    ["nothing", { typ: undefined }],
    ["no string", { typ: ["secevent+jwt"] }],
  ])("a typ that says %s is malformed, whatever the rest (SET-08)", async (_name, header) => {
    const stage = await eventStage();
    expectEventRefusal(
      await changesNothing(stage, () => notify(stage, stage.provider.event(carols, header))),
      "invalid_request",
    );
  });

  test.each(["SecEvent+JWT", "application/secevent+jwt"])("a typ %s is the same typ", async (typ) => {
    const stage = await eventStage();
    expectAccepted(await notify(stage, stage.provider.event(carols, { typ })));
  });

  test.each<[string, Members]>([
    ["crit", { crit: ["b64"], b64: false }],
    ["a kid that is a number", { kid: 7 }],
    ["a kid without end", { kid: "k".repeat(256) }],
  ])("a header with %s is malformed", async (_name, header) => {
    const stage = await eventStage();
    expectEventRefusal(
      await changesNothing(stage, () => notify(stage, stage.provider.event(carols, header))),
      "invalid_request",
    );
  });
});
