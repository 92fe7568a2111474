/** The confusion matrix: every artefact, presented everywhere it does not belong (standards 0.2, JBG-17, PROTOCOL 6). */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import {
  callApi,
  exchange,
  openPage,
  poll,
  type Response,
  register,
  startClaim,
  submitPage,
} from "../support/world.js";
import {
  expectAgentRefusal,
  expectApiRefusal,
  expectNotice,
  expectOauthRefusal,
  type ObservedWorld,
  observedWorld,
  preparedForm,
} from "./observed-world.js";

let stage: ObservedWorld;
beforeEach(async () => {
  stage = await observedWorld();
});
afterEach(() => stage.close());

const artefacts = [
  "identity assertion",
  "access token",
  "claim token",
  "attempt token",
  "user code",
  "registration id",
  "attempt id",
] as const;
type Artefact = (typeof artefacts)[number];

/** A registration in the middle of its ceremony, so that every artefact is alive. */
async function alive() {
  const registration = (await register.anonymous(stage)).body;
  const { attempt, claim_attempt } = (await startClaim(stage, registration.claim_token)).body;
  const { access_token } = (await exchange(stage, registration.identity_assertion)).body;
  const values: Record<Artefact, string> = {
    "identity assertion": registration.identity_assertion,
    "access token": access_token,
    "claim token": registration.claim_token,
    "attempt token": new URL(attempt.verification_uri).searchParams.get("claim_attempt_token") as string,
    "user code": claim_attempt.user_code,
    "registration id": registration.id,
    "attempt id": attempt.id,
  };
  const submit = await preparedForm(stage, attempt.verification_uri, "alice");
  return { values, verificationUri: attempt.verification_uri as string, submit };
}
type Alive = Awaited<ReturnType<typeof alive>>;

interface Door {
  name: string;
  /** What belongs here. */
  takes: Artefact;
  send: (value: string, all: Alive) => PromiseLike<Response>;
  expectRefused: (response: Response) => void;
}

const doors: Door[] = [
  {
    name: "assertion at the token endpoint",
    takes: "identity assertion",
    send: (value) => exchange(stage, value),
    expectRefused: (response) => expectOauthRefusal(response, "invalid_grant"),
  },
  {
    name: "claim_token at the token endpoint",
    takes: "claim token",
    send: (value) => poll(stage, value),
    expectRefused: (response) => expectOauthRefusal(response, "invalid_grant"),
  },
  {
    name: "claim_token at the claim endpoint",
    takes: "claim token",
    send: (value) => startClaim(stage, value),
    expectRefused: (response) => expectAgentRefusal(response, 401, "invalid_claim_token", "invalid_claim"),
  },
  {
    name: "claim_attempt_token of the page",
    takes: "attempt token",
    send: (value) =>
      openPage(stage, `https://notes.example/agent/claim?claim_attempt_token=${value}`, "alice"),
    expectRefused: (response) => expectNotice(response, 404, "This link does not work"),
  },
  {
    name: "user_code of the page",
    takes: "user code",
    send: (value, { submit }) => submit({ userCode: value }),
    expectRefused: (response) => expectNotice(response, 400, "Enter the six digits."),
  },
  {
    name: "bearer token of the API",
    takes: "access token",
    send: (value) => callApi(stage, value),
    expectRefused: (response) => expectApiRefusal(response, 401, "invalid_token"),
  },
];

const wrongPairs = doors.flatMap((door) =>
  artefacts
    .filter((artefact) => artefact !== door.takes)
    .map((artefact) => [artefact, door.name, door] as const),
);

describe("an artefact at a door that is not its own", () => {
  test.each(wrongPairs)("is refused and changes nothing: %s as %s", async (artefact, _name, door) => {
    const all = await alive();
    const before = await stage.snapshot();
    door.expectRefused(await door.send(all.values[artefact], all));
    expect(await stage.snapshot()).toEqual(before);
  });

  test.each(artefacts.filter((artefact) => artefact !== "access token"))(
    "is answered 200 by revocation and goes on to work: %s",
    async (artefact) => {
      const { values, verificationUri } = await alive();
      const before = await stage.snapshot();
      const response = await stage.agent
        .post("/oauth2/revoke")
        .type("form")
        .send({ token: values[artefact] });
      expect({ status: response.status, text: response.text }).toEqual({ status: 200, text: "" });
      expect(await stage.snapshot()).toEqual(before);
      expect((await exchange(stage, values["identity assertion"])).status).toBe(200);
      expect((await callApi(stage, values["access token"])).status).toBe(200);
      await submitPage(stage, verificationUri, "alice", { userCode: values["user code"] });
      expect((await poll(stage, values["claim token"])).status).toBe(200);
    },
  );

  test.each(artefacts)("is no login_hint: %s", async (artefact) => {
    const { values } = await alive();
    const before = await stage.snapshot();
    const response = await register.serviceAuth(stage, { login_hint: values[artefact] });
    expectAgentRefusal(response, 400, "invalid_login_hint");
    expect(await stage.snapshot()).toEqual(before);
  });
});

describe("an artefact at its own door", () => {
  test("works, so the refusals above are about the pair and not about the artefact", async () => {
    const all = await alive();
    for (const { takes, name, send } of doors.filter(({ name }) => !name.startsWith("claim_token"))) {
      const { status } = await send(all.values[takes], all);
      expect({ name, works: status < 400 || takes === "attempt token" }).toEqual({ name, works: true });
      // The claim is done by the code; what comes after it in the list is a fresh one.
      if (takes === "user code") break;
    }
    expect((await poll(stage, all.values["claim token"])).status).toBe(200);
  });

  test("of another registration opens nothing of this one", async () => {
    const mine = await alive();
    const other = await alive();
    const before = await stage.audit("claim.confirmed");
    // Two codes may be equal by chance; then this says nothing, so the other's is only tried when it differs.
    expect(other.values["user code"]).not.toBe(mine.values["user code"]);
    expectNotice(await mine.submit({ userCode: other.values["user code"] }), 400, "not the right code");
    expect(await stage.audit("claim.confirmed")).toEqual(before);
    expect((await mine.submit({ userCode: mine.values["user code"] })).status).toBe(303);
  });
});
