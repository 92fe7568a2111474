/**
 * A model-based run over HTTP: random interleavings of everything that can happen to two registrations, each answer
 * compared with `standing-model.ts`. A failure prints the seed and the shortest run that shows it.
 */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { casesOf } from "../support/database.js";
import {
  callApi,
  exchange,
  openPage,
  poll,
  type Response,
  register,
  startClaim,
  type World,
  world,
} from "../support/world.js";
import { otherThan, preparedForm } from "./observed-world.js";
import { type Kind, StandingModel } from "./standing-model.js";

interface Link {
  uri: string;
  userCode: string;
}

interface Subject {
  id: string;
  claimToken: string;
  link: Link | null;
  model: StandingModel;
}

const scopeSets = [["api.read", "api.write"], ["api.read"], ["api.write"], []];
const operator = { actor: { kind: "operator", id: "op_1" }, reason: "model" } as const;
const answerOf = ({ status, body }: Response) =>
  body.error === undefined ? `${status}` : `${status} ${body.error}`;

async function registered(stage: World, kind: Kind): Promise<Subject> {
  const { body } = await (kind === "anonymous" ? register.anonymous(stage) : register.serviceAuth(stage));
  const now = stage.clock.now();
  const model = new StandingModel(kind, now);
  if (kind === "anonymous")
    model.assertions.push({ value: body.identity_assertion, generation: 1, expiresAt: now + 3600 });
  const link =
    kind === "anonymous" ? null : { uri: body.claim.verification_uri, userCode: body.claim.user_code };
  return { id: body.id, claimToken: body.claim_token, link, model };
}

/** Submits the newest link's form if the page shows one, else answers with what the page showed. */
async function settle(stage: World, link: Link, submission: Parameters<Submit>[0]): Promise<number> {
  const page = await openPage(stage, link.uri, "alice");
  if (!page.text.includes("<form")) return page.status;
  const submit = await preparedForm(stage, link.uri, "alice");
  return (await submit(submission)).status;
}
type Submit = Awaited<ReturnType<typeof preparedForm>>;

/** One step: what is done, and the comparison with what the model says. `pick` chooses among what there is. */
const steps: Record<string, (stage: World, subject: Subject, pick: number) => Promise<void>> = {
  async start(stage, subject) {
    const response = await startClaim(stage, subject.claimToken);
    expect(answerOf(response)).toBe(subject.model.start(stage.clock.now()));
    if (response.status !== 200) return;
    const { verification_uri, user_code } = response.body.claim_attempt;
    subject.link = { uri: verification_uri, userCode: user_code };
  },

  async confirm(stage, subject, pick) {
    if (subject.link === null) return;
    const scopes = scopeSets[pick % scopeSets.length] as string[];
    const status = await settle(stage, subject.link, { userCode: subject.link.userCode, scopes });
    expect(status).toBe(subject.model.confirm(stage.clock.now(), scopes));
  },

  async wrongCode(stage, subject, pick) {
    if (subject.link === null) return;
    for (let time = 0; time <= pick % 5; time += 1) {
      const status = await settle(stage, subject.link, { userCode: otherThan(subject.link.userCode) });
      expect(status).toBe(subject.model.guessWrong(stage.clock.now()));
    }
  },

  async deny(stage, subject) {
    if (subject.link === null) return;
    expect(await settle(stage, subject.link, { action: "deny" })).toBe(subject.model.deny(stage.clock.now()));
  },

  async poll(stage, subject) {
    const { model } = subject;
    const now = stage.clock.now();
    const response = await poll(stage, subject.claimToken);
    expect(answerOf(response)).toBe(model.poll(now));
    if (response.status !== 200) return;
    const { access_token, scope, identity_assertion, expires_in } = response.body;
    expect({ scope, expires_in }).toEqual({ scope: model.granted.join(" "), expires_in: 3600 });
    const expiresAt = now + 3600;
    const { generation } = model;
    model.assertions.push({ value: identity_assertion, generation, expiresAt });
    model.tokens.push({ value: access_token, generation, scopes: model.granted, expiresAt, revoked: false });
  },

  async exchange(stage, { model }, pick) {
    const assertion = model.assertions[pick % Math.max(model.assertions.length, 1)];
    if (assertion === undefined) return;
    const now = stage.clock.now();
    const response = await exchange(stage, assertion.value);
    expect(answerOf(response)).toBe(model.exchange(now, assertion));
    if (response.status !== 200) return;
    const scopes = model.scopes(now) ?? [];
    const expiresAt = model.expiry(now);
    const { access_token, scope, expires_in } = response.body;
    expect({ scope, expires_in }).toEqual({ scope: scopes.join(" "), expires_in: expiresAt - now });
    model.tokens.push({
      value: access_token,
      generation: model.generation,
      scopes,
      expiresAt,
      revoked: false,
    });
  },

  async revokeToken(stage, { model }, pick) {
    const token = model.tokens[pick % Math.max(model.tokens.length, 1)];
    if (token === undefined) return;
    const response = await stage.agent.post("/oauth2/revoke").type("form").send({ token: token.value });
    expect(response.status).toBe(200);
    token.revoked = true;
  },

  async revokeRegistration(stage, { id, model }) {
    expect(await stage.auth.revokeRegistration(id, operator)).toBe(model.revoke());
  },

  async suspend(stage, { id, model }) {
    expect(await stage.auth.suspendRegistration(id, operator)).toBe(model.suspend(true));
  },

  async resume(stage, { id, model }) {
    expect(await stage.auth.resumeRegistration(id, operator)).toBe(model.suspend(false));
  },
};

/** Steps that move everybody: the clock, and the sweeper. */
const jumps = [1, 4, 5, 10, 60, 599, 600, 3599, 3600, 40_000, 86_399, 86_400];

/** Holds after every step, for every registration: its status, and every token that was ever issued for it. */
async function expectAgreement(stage: World, { id, model }: Subject): Promise<void> {
  const now = stage.clock.now();
  expect((await stage.auth.findRegistration(id))?.status).toBe(model.status(now));
  for (const token of model.tokens)
    expect(String((await callApi(stage, token.value)).status)).toBe(model.call(now, token));
}

const often = ["start", "confirm", "poll", "exchange", "wrongCode"];
const step = fc.oneof(
  { weight: 8, arbitrary: fc.tuple(fc.constantFrom(...often), fc.nat({ max: 1 }), fc.nat({ max: 20 })) },
  {
    weight: 3,
    arbitrary: fc.tuple(
      fc.constantFrom("deny", "revokeToken", "suspend", "resume", "revokeRegistration"),
      fc.nat({ max: 1 }),
      fc.nat({ max: 20 }),
    ),
  },
  {
    weight: 4,
    arbitrary: fc.tuple(fc.constant("wait"), fc.nat({ max: 1 }), fc.nat({ max: jumps.length - 1 })),
  },
  { weight: 1, arbitrary: fc.tuple(fc.constant("sweep"), fc.nat({ max: 1 }), fc.nat({ max: 0 })) },
);

async function play(run: [string, number, number][]): Promise<void> {
  const stage = await world();
  try {
    const subjects = [await registered(stage, "anonymous"), await registered(stage, "service_auth")];
    const swept = new Set<Subject>();
    for (const [name, whom, pick] of run) {
      if (name === "wait") stage.clock.advance(jumps[pick] as number);
      else if (name === "sweep") {
        await stage.auth.sweep();
        for (const subject of subjects) {
          if (swept.has(subject) || subject.model.status(stage.clock.now()) === "revoked") continue;
          const { generation } = subject.model;
          subject.model.sweep(stage.clock.now());
          if (subject.model.generation !== generation) swept.add(subject);
        }
      } else await steps[name]?.(stage, subjects[whom] as Subject, pick);
      for (const subject of subjects) await expectAgreement(stage, subject);
    }
  } finally {
    await stage.close();
  }
}

describe("any sequence of events", () => {
  test("leaves the service and the model in agreement", async () => {
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 25 }), play), {
      numRuns: casesOf(40),
    });
  });

  // Runs a random search rarely finds, played by the same rules.
  test.each<[string, [string, number, number][]]>([
    [
      "a claim that is confirmed, collected, used, suspended and resumed",
      [
        ["exchange", 0, 0],
        ["start", 0, 0],
        ["exchange", 0, 0],
        ["confirm", 0, 0],
        ["exchange", 0, 0],
        ["poll", 0, 0],
        ["poll", 0, 0],
        ["exchange", 0, 1],
        ["suspend", 0, 0],
        ["exchange", 0, 1],
        ["resume", 0, 0],
        ["exchange", 0, 1],
      ],
    ],
    [
      "fifteen wrong codes over three attempts",
      [
        ["wrongCode", 1, 4],
        ["poll", 1, 0],
        ["start", 1, 0],
        ["wrongCode", 1, 4],
        ["start", 1, 0],
        ["wrongCode", 1, 4],
        ["poll", 1, 0],
        ["start", 1, 0],
        ["confirm", 1, 0],
      ],
    ],
    [
      "an approval that nobody collects",
      [
        ["confirm", 1, 0],
        ["wait", 0, 10],
        ["sweep", 0, 0],
        ["wait", 0, 0],
        ["poll", 1, 0],
        ["sweep", 0, 0],
        ["poll", 1, 0],
        ["start", 1, 0],
      ],
    ],
    [
      "early polls before and after a restart",
      [
        ["poll", 1, 0],
        ["poll", 1, 0],
        ["start", 1, 0],
        ["poll", 1, 0],
        ["poll", 1, 0],
        ["wait", 0, 3],
        ["poll", 1, 0],
      ],
    ],
    [
      "a suspension that outlives the revocation",
      [
        ["suspend", 0, 0],
        ["revokeRegistration", 0, 0],
        ["suspend", 0, 0],
        ["resume", 0, 0],
        ["resume", 0, 0],
        ["poll", 0, 0],
      ],
    ],
    [
      "a window that closes while suspended",
      [
        ["suspend", 0, 0],
        ["wait", 0, 11],
        ["sweep", 0, 0],
        ["poll", 0, 0],
        ["resume", 0, 0],
        ["start", 0, 0],
        ["exchange", 0, 0],
        ["revokeRegistration", 0, 0],
      ],
    ],
  ])("leaves them in agreement after %s", async (_what, run) => {
    await play(run);
  });
});
