/**
 * Every kind of token of a service that trusts providers, at every door that is not its own (RFC 8725 sections 3.11 and
 * 3.12, standards 0.2): always that door's normal error, and nothing happens. All are genuine, unexpired and unused.
 */
import { expect, test } from "@jest/globals";
import {
  changesNothing,
  claimBy,
  claimWaiting,
  type EventStage,
  eventStage,
  expectAccepted,
  expectEventRefusal,
  identify,
  notify,
  registered,
} from "../support/event-stage.js";
import { complete, reveal } from "../support/read-back.js";
import { callApi, exchange, openPage, poll, type Response, register, startClaim } from "../support/world.js";
import {
  expectAgentRefusal,
  expectApiRefusal,
  expectNotice,
  expectOauthRefusal,
  preparedForm,
} from "./observed-world.js";

const artefacts = [
  "ID-JAG",
  "identity assertion",
  "security event",
  "ID token",
  "ID token with the claims of an ID-JAG",
  "logout token",
  "JWT access token of the provider",
  "identity assertion by a provider",
  "access token",
  "claim token",
  "attempt token",
  "user code",
] as const;
type Artefact = (typeof artefacts)[number];

interface Alive {
  values: Record<Artefact, string>;
  submit: Awaited<ReturnType<typeof preparedForm>>;
  /** The claim token of an anonymous registration nobody has asked for. */
  free: string;
  /** The claim token of a registration whose code was revealed to Alice. */
  revealed: string;
}

async function alive(stage: EventStage): Promise<Alive> {
  const { provider } = stage;
  const standing = await registered(stage);
  const waiting = await claimWaiting(stage);
  const free: string = (await register.anonymous(stage)).body.claim_token;
  const told = await claimWaiting(stage);
  await reveal(stage, told);
  const now = stage.clock.now();
  const usual = { iss: provider.url, sub: "sub-alice", iat: now, exp: now + 300, auth_time: now };
  const header = { alg: "ES256", kid: provider.jwks.keys[0]?.kid };
  const person = { email: "alice@example.com", email_verified: true };
  return {
    free,
    revealed: told.claimToken,
    submit: await preparedForm(stage, waiting.uri, "alice"),
    values: {
      "ID-JAG": provider.idJag(),
      "identity assertion": standing.assertion,
      "security event": provider.event({ sub: "sub-carol" }),
      "ID token": provider.signed({ ...header, typ: "JWT" }, { ...usual, ...person, aud: provider.url }),
      "ID token with the claims of an ID-JAG": provider.idJag({ sub: "sub-carol" }, { typ: "JWT" }),
      "logout token": provider.event(
        { sub: "sub-carol", events: { "http://schemas.openid.net/event/backchannel-logout": {} } },
        { typ: "logout+jwt" },
      ),
      "JWT access token of the provider": provider.idJag({ sub: "sub-carol" }, { typ: "at+jwt" }),
      "identity assertion by a provider": provider.idJag(
        { ...JSON.parse(Buffer.from(standing.assertion.split(".")[1] ?? "", "base64url").toString()) },
        { typ: "agent-identity-assertion+jwt" },
      ),
      "access token": standing.accessToken,
      "claim token": waiting.claimToken,
      "attempt token": new URL(waiting.uri).searchParams.get("claim_attempt_token") ?? "",
      "user code": waiting.userCode,
    },
  };
}

interface Door {
  name: string;
  /** What belongs here. */
  takes: Artefact;
  send: (stage: EventStage, value: string, all: Alive) => PromiseLike<Response>;
  expectRefused: (response: Response) => void;
}

const invalidAssertion = (response: Response) =>
  expectAgentRefusal(response, 400, "invalid_assertion", "invalid_request");
const invalidGrant = (response: Response) => expectOauthRefusal(response, "invalid_grant");

const doors: Door[] = [
  {
    name: "registration",
    takes: "ID-JAG",
    send: (stage, value) => identify(stage, value),
    expectRefused: invalidAssertion,
  },
  {
    name: "claim by assertion",
    takes: "ID-JAG",
    send: (stage, value, { free }) => claimBy(stage, free, value),
    expectRefused: invalidAssertion,
  },
  {
    name: "exchange",
    takes: "identity assertion",
    send: (stage, value) => exchange(stage, value),
    expectRefused: invalidGrant,
  },
  {
    name: "poll",
    takes: "claim token",
    send: (stage, value) => poll(stage, value),
    expectRefused: invalidGrant,
  },
  {
    name: "claim token of the claim endpoint",
    takes: "claim token",
    send: (stage, value) => startClaim(stage, value),
    expectRefused: (response) => expectAgentRefusal(response, 401, "invalid_claim_token", "invalid_claim"),
  },
  {
    name: "claim token of a claim by assertion",
    takes: "claim token",
    send: (stage, value) => claimBy(stage, value, stage.provider.idJag()),
    expectRefused: (response) => expectAgentRefusal(response, 401, "invalid_claim_token", "invalid_claim"),
  },
  {
    name: "claim token of a completion",
    takes: "claim token",
    send: (stage, value) => complete(stage, value, "123456"),
    expectRefused: (response) => expectAgentRefusal(response, 401, "invalid_claim_token", "invalid_claim"),
  },
  {
    name: "code of a completion",
    takes: "user code",
    send: (stage, value, { revealed }) => complete(stage, revealed, value),
    expectRefused: (response) => expectAgentRefusal(response, 401, "otp_invalid", "invalid_user_code"),
  },
  {
    name: "event receiver",
    takes: "security event",
    send: (stage, value) => notify(stage, value),
    expectRefused: (response) => expectEventRefusal(response, "invalid_request"),
  },
  {
    name: "API",
    takes: "access token",
    send: (stage, value) => callApi(stage, value),
    expectRefused: (response) => expectApiRefusal(response, 401, "invalid_token"),
  },
  {
    name: "claim page",
    takes: "attempt token",
    send: (stage, value) =>
      openPage(stage, `https://notes.example/agent/claim?claim_attempt_token=${value}`, "alice"),
    expectRefused: (response) => expectNotice(response, 404, "This link does not work"),
  },
  {
    name: "code field",
    takes: "user code",
    send: (_stage, value, { submit }) => submit({ userCode: value }),
    expectRefused: (response) => expectNotice(response, 400, "Enter the six digits."),
  },
  {
    name: "login hint",
    takes: "user code",
    send: (stage, value) => register.serviceAuth(stage, { login_hint: value }),
    expectRefused: (response) => expectAgentRefusal(response, 400, "invalid_login_hint"),
  },
];

/** Checks each of these tokens; as nothing may change, all of them at one service. A failure names the token. */
async function each(chosen: Artefact[], check: (artefact: Artefact) => Promise<void>): Promise<void> {
  for (const artefact of chosen)
    await check(artefact).catch((cause: unknown) => {
      throw new Error(`The ${artefact}: ${cause instanceof Error ? cause.message : cause}`, { cause });
    });
}

test.each(doors)("at the door $name every other token is refused, without effect", async (door) => {
  const stage = await eventStage();
  const all = await alive(stage);
  const strangers = artefacts.filter((artefact) => artefact !== door.takes || door.name === "login hint");
  await each(strangers, async (artefact) => {
    door.expectRefused(await changesNothing(stage, () => door.send(stage, all.values[artefact], all)));
  });
});

test("revocation answers 200 to every other token, and ends nothing", async () => {
  const stage = await eventStage();
  const all = await alive(stage);
  const strangers = artefacts.filter((artefact) => artefact !== "access token");
  await each(strangers, async (artefact) => {
    const answer = await changesNothing(stage, () =>
      stage.agent.post("/oauth2/revoke").type("form").send({ token: all.values[artefact] }),
    );
    expect([answer.status, answer.text]).toEqual([200, ""]);
  });
  await expectAllAtHome(stage, all);
});

/** Everything works where it belongs. */
async function expectAllAtHome(stage: EventStage, { values, free, submit }: Alive): Promise<void> {
  expect((await callApi(stage, values["access token"])).status).toBe(200);
  expect((await exchange(stage, values["identity assertion"])).status).toBe(200);
  expect((await submit({ userCode: values["user code"] })).status).toBe(303);
  expect((await poll(stage, values["claim token"])).status).toBe(200);
  // Alice is linked by now, so her ID-JAG claims at once; the event is about Carol.
  expect((await claimBy(stage, free, values["ID-JAG"])).body.status).toBe("claimed");
  expectAccepted(await notify(stage, values["security event"]));
  expectApiRefusal(await callApi(stage, values["access token"]), 401, "invalid_token");
}

test("at its own door each of them works, so the refusals above are about the pair", async () => {
  const stage = await eventStage();
  await expectAllAtHome(stage, await alive(stage));
});

test("an ID-JAG and an event with one jti are two tokens, and neither uses up the other", async () => {
  const stage = await eventStage();
  const jti = "one for both";
  const idJag = stage.provider.idJag({ sub: "sub-carol", jti });
  const event = stage.provider.event({ sub: "sub-bob", jti });
  expectEventRefusal(await changesNothing(stage, () => notify(stage, idJag)), "invalid_request");
  invalidAssertion(await changesNothing(stage, () => identify(stage, event)));
  expect((await identify(stage, idJag)).status).toBe(200);
  expectAccepted(await notify(stage, event));
  expect((await stage.rows("seen_jwt_ids")).map(({ purpose }) => purpose)).toEqual([
    "id-jag",
    "security-event",
  ]);
});
