/** Any one header member or claim of a valid Security Event Token replaced by anything: the answer is that check's. */
import { randomUUID } from "node:crypto";
import { beforeEach, describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { casesOf } from "../support/database.js";
import { about, type Members, revokedEvent, sessionRevokedEvent } from "../support/event-issuer.js";
import {
  type EventStage,
  eventStage,
  expectAccepted,
  expectEventRefusal,
  notify,
  registered,
  type Standing,
} from "../support/event-stage.js";
import { callApi, exchange } from "../support/world.js";

const runs = { numRuns: casesOf(100) };
let stage: EventStage;
let carol: Standing;
beforeEach(async () => {
  stage = await eventStage();
  carol = await registered(stage);
});

const carols = { sub: "sub-carol" };
const text = fc.oneof(
  fc.string({ maxLength: 20, unit: "binary" }),
  fc.string({ minLength: 250, maxLength: 260 }),
);
const anything = fc.oneof(
  fc.constant(undefined),
  text,
  fc.jsonValue({ maxDepth: 2 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);
const isShort = (value: unknown) => typeof value === "string" && value.length > 0 && value.length <= 255;
const isName = (value: unknown) => isShort(value) && !String(value).includes("\0");
const isTime = (value: unknown): value is number =>
  typeof value === "number" && Number.isFinite(value) && value >= 0;
const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
/** As the token carries it: what JSON cannot say is not there. */
const carried = (value: unknown): unknown =>
  value === undefined ? undefined : JSON.parse(JSON.stringify(value));

type Verdict = "accepted" | "no effect" | string;

/** Who may call it good, in the words of PROTOCOL section 7: the test's own reading of each check. */
const claimVerdicts: Record<string, (value: unknown) => Verdict> = {
  iss: (value) => {
    if (typeof value !== "string") return "invalid_request";
    return value === stage.provider.url ? "accepted" : "invalid_issuer";
  },
  aud: (value) => ([value].flat().includes("https://notes.example") ? "accepted" : "invalid_audience"),
  jti: (value) => (isName(value) ? "accepted" : "invalid_request"),
  iat: (value) => {
    const now = stage.clock.now();
    return isTime(value) && value >= now - 86_400 && value <= now + 60 ? "accepted" : "invalid_request";
  },
  exp: (value) =>
    value === undefined || (isTime(value) && value > stage.clock.now() - 60) ? "accepted" : "invalid_request",
  sub: (value) => (isName(value) ? "accepted" : "invalid_request"),
  events: (value) => {
    if (!isObject(value) || Object.keys(value).length === 0) return "invalid_request";
    if (!Object.values(value).every(isObject)) return "invalid_request";
    return Object.hasOwn(value, revokedEvent) ? "accepted" : "no effect";
  },
  sub_id: (value) => {
    if (value === undefined) return "accepted";
    if (!isObject(value) || value.format !== "iss_sub" || typeof value.iss !== "string" || !isName(value.sub))
      return "invalid_request";
    if (value.sub !== "sub-carol") return "invalid_request";
    return value.iss === stage.provider.url ? "accepted" : "no effect";
  },
};

const headerVerdicts: Record<string, (value: unknown) => Verdict> = {
  typ: (value) =>
    typeof value === "string" && /^(application\/)?secevent\+jwt$/i.test(value)
      ? "accepted"
      : "invalid_request",
  crit: (value) => (value === undefined ? "accepted" : "invalid_request"),
  kid: (value) => {
    if (value === undefined) return "accepted";
    if (!isShort(value)) return "invalid_request";
    return value === stage.provider.jwks.keys[0]?.kid ? "accepted" : "invalid_key";
  },
  alg: (value) => (value === "ES256" ? "accepted" : "authentication_failed"),
};

/** What an event may change; every accepted one is remembered. Equal before and after means that nothing happened. */
const effects = async () => ({
  seen: (await stage.rows("seen_jwt_ids")).length,
  rest: await stage.database.snapshot(["registrations", "claim_attempts", "access_tokens", "delegations"]),
});

async function check(claims: Members, header: Members, verdict: Verdict): Promise<void> {
  const before = await effects();
  const answer = await notify(stage, stage.provider.event(claims, header));
  const after = await effects();
  if (verdict === "accepted" || verdict === "no effect") {
    expectAccepted(answer);
    expect(after.seen).toBe(before.seen + 1);
    if (verdict === "no effect") expect(after.rest).toEqual(before.rest);
    return;
  }
  expectEventRefusal(answer, verdict);
  expect(after).toEqual(before);
}

/** The same `jti` in a good token: it was not used up, and now it has its effect. */
async function expectStillGood(jti: string): Promise<void> {
  const before = await effects();
  expectAccepted(await notify(stage, stage.provider.event({ sub: "sub-nobody", jti })));
  expect((await effects()).seen).toBe(before.seen + 1);
}

describe("one claim replaced", () => {
  test.each(Object.keys(claimVerdicts))("%s", async (name) => {
    // Short texts are drawn twice now and then, and no event is seen a second time under the same name.
    const drawn = new Set<unknown>();
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        if (name === "jti") {
          fc.pre(!drawn.has(value));
          drawn.add(value);
        }
        const jti = randomUUID();
        const verdict = claimVerdicts[name]?.(carried(value)) ?? "accepted";
        // A good event about nobody: whatever is accepted must not change the outcome of the next run.
        const base = name === "sub" ? {} : name === "sub_id" ? carols : { sub: "sub-nobody" };
        await check({ ...base, jti, [name]: value }, {}, verdict);
        if (!["accepted", "no effect"].includes(verdict) && name !== "jti") await expectStillGood(jti);
      }),
      runs,
    );
  });

  test("any other one: it is ignored", async () => {
    const free = fc
      .string({ minLength: 1 })
      .filter((name) => !(name in claimVerdicts) && name !== "__proto__");
    await fc.assert(
      fc.asyncProperty(free, anything, async (name, value) => {
        await check({ [name]: value, sub: "sub-nobody" }, {}, "accepted");
      }),
      runs,
    );
  });
});

describe("one header member replaced", () => {
  test.each(Object.keys(headerVerdicts))("%s", async (name) => {
    await fc.assert(
      fc.asyncProperty(anything, async (value) => {
        const jti = randomUUID();
        const verdict = headerVerdicts[name]?.(carried(value)) ?? "accepted";
        await check({ sub: "sub-nobody", jti }, { [name]: value }, verdict);
        if (verdict !== "accepted") await expectStillGood(jti);
      }),
      runs,
    );
  });
});

describe("a subject that is named in sub_id", () => {
  const members = fc.record(
    {
      format: fc.oneof(fc.constantFrom("iss_sub", "email", "opaque", "ISS_SUB"), anything),
      iss: fc.oneof(fc.constantFrom("own", "other"), anything),
      sub: fc.oneof(fc.constant("sub-nobody"), anything),
      email: text,
    },
    { requiredKeys: [] },
  );
  test("ends only people of the issuer itself, and is refused when it is not complete", async () => {
    await fc.assert(
      fc.asyncProperty(members, async (drawn) => {
        const issuers: Record<string, string> = { own: stage.provider.url, other: stage.other.url };
        const iss = typeof drawn.iss === "string" ? (issuers[drawn.iss] ?? drawn.iss) : drawn.iss;
        const subjectId = carried({ ...drawn, iss }) as Record<string, unknown>;
        const isWhole =
          subjectId.format === "iss_sub" && typeof subjectId.iss === "string" && isName(subjectId.sub);
        const isOwn = subjectId.iss === stage.provider.url;
        const claims = { ...about(stage.provider, "", sessionRevokedEvent), sub_id: subjectId };
        await check(claims, {}, isWhole ? (isOwn ? "accepted" : "no effect") : "invalid_request");
      }),
      runs,
    );
    expect((await callApi(stage, carol.accessToken)).status).toBe(200);
  });
});

describe("the bytes", () => {
  test("of a good token with any one character replaced are never accepted and never harm anybody", async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(), fc.constantFrom(..."ABZabz019-_.=+/ {"), async (at, character) => {
        const token = stage.provider.event(carols);
        const index = at % token.length;
        fc.pre(token[index] !== character);
        const spoiled = token.slice(0, index) + character + token.slice(index + 1);
        // White space around the token is not part of it.
        fc.pre(spoiled.trim().length === token.length);
        const before = await effects();
        const answer = await notify(stage, spoiled);
        expect([answer.status, typeof answer.body.err]).toEqual([400, "string"]);
        expectEventRefusal(answer, answer.body.err);
        expect(await effects()).toEqual(before);
      }),
      runs,
    );
    expect((await exchange(stage, carol.assertion)).status).toBe(200);
    expectAccepted(await notify(stage, stage.provider.event(carols)));
    expect((await exchange(stage, carol.assertion)).body.error).toBe("invalid_grant");
  });

  test("of anything at all are answered with a refusal of ours", async () => {
    await fc.assert(
      fc.asyncProperty(fc.oneof(fc.string({ unit: "binary" }), fc.base64String()), async (body) => {
        const before = await effects();
        expectEventRefusal(await notify(stage, body), "invalid_request");
        expect(await effects()).toEqual(before);
      }),
      runs,
    );
  });
});
