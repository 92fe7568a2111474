/** How often a person can be written to because an agent named them (PROTOCOL section 10). No cap shows in an answer. */

import { StoreUnavailable } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import { type MailOptions, type MailWorld, mailWorld } from "../support/mail-world.js";
import { type Response, register, startClaim } from "../support/world.js";

const ask = (stage: MailWorld, hint = "alice@example.com", ip = "192.0.2.1") =>
  register.serviceAuth(stage, { login_hint: hint }).set("X-Forwarded-For", ip);

async function capped(mail: MailOptions, options: object = {}): Promise<MailWorld> {
  const stage = await mailWorld({ mail, options });
  stage.app.set("trust proxy", true);
  return stage;
}

async function times(count: number, send: (index: number) => PromiseLike<Response>): Promise<Response[]> {
  const answers: Response[] = [];
  for (let index = 0; index < count; index += 1) answers.push(await send(index));
  return answers;
}

/** Every answer is a claim under way, with the same members as the first, and without a word of a mail. */
function expectAllAlike(answers: Response[]): void {
  const [first] = answers;
  for (const { status, body, text } of answers) {
    expect(status).toBe(200);
    expect(Object.keys(body)).toEqual(Object.keys(first?.body));
    expect(text.replace(/(?<=\/)agent\/\S*/g, "")).not.toMatch(/mail|capped/i);
  }
}

const failures = async (stage: MailWorld) =>
  (await stage.audit("mail.failed")).map(({ registration_id: about, detail, ip, actor_kind: actor }) => {
    expect([ip, actor]).toEqual([null, "system"]);
    return [about, JSON.parse(String(detail))];
  });

async function delivered(stage: MailWorld): Promise<string[]> {
  await stage.deliver();
  return stage.server.recipients();
}

describe("the cap of an address", () => {
  test("is three an hour: the fourth answer is the same, and nothing is mailed", async () => {
    const stage = await capped({});
    const answers = await times(4, (index) => ask(stage, "alice@example.com", `192.0.2.${index}`));
    expectAllAlike(answers);
    expect(await delivered(stage)).toEqual(Array(3).fill("alice@example.com"));
    expect(await failures(stage)).toEqual([
      [answers[3]?.body.id, { template: "claim_link", reason: "capped" }],
    ]);
    expect(JSON.stringify([await stage.audit(), stage.logs])).not.toContain("alice@example.com");
    await ask(stage, "bob@example.com");
    expect(await delivered(stage)).toContain("bob@example.com");
  });

  test("holds for every way to start a claim, and with request limits on", async () => {
    const stage = await capped({ perAddressPerHour: 2 }, { limits: {} });
    const { claim_token: claimToken } = (await register.anonymous(stage)).body;
    const answers = await times(4, () => startClaim(stage, claimToken));
    expectAllAlike(answers);
    expectAllAlike(await times(2, () => ask(stage)));
    expect((await failures(stage)).filter(([, { reason }]) => reason === "capped")).toHaveLength(4);
    expect(await stage.outbox()).toHaveLength(2);
  });

  test("is per day as well", async () => {
    const stage = await capped({ perAddressPerHour: 5, perAddressPerDay: 2 });
    expectAllAlike(await times(3, () => ask(stage)));
    expect(await delivered(stage)).toHaveLength(2);
  });

  test("counts a mailbox, not its spellings", async () => {
    const stage = await capped({ perAddressPerHour: 2 });
    const spellings = [
      "alice@example.com",
      "Alice@Example.com ",
      "alice+a@example.com",
      "alice+b+c@example.com",
    ];
    expectAllAlike(await times(4, (index) => ask(stage, spellings[index])));
    expect(await delivered(stage)).toHaveLength(2);
    expect(await stage.outbox()).toHaveLength(2);
  });

  test("lets no more through when many ask at once", async () => {
    const stage = await capped({ perIpPerHour: 100 });
    expectAllAlike(await Promise.all(Array.from({ length: 20 }, () => ask(stage))));
    expect(await delivered(stage)).toHaveLength(3);
    expect(await failures(stage)).toHaveLength(17);
  });
});

describe("the cap of a sender", () => {
  test("counts mail to anybody, by network, and only of senders that are known", async () => {
    const stage = await capped({ perIpPerHour: 2 });
    const hint = (index: number) => `person-${index}@example.com`;
    await times(3, (index) => ask(stage, hint(index), `2001:db8::${index + 1}`));
    expect(await delivered(stage)).toEqual([hint(0), hint(1)]);
    await ask(stage, hint(3), "2001:db8:0:1::1");
    await times(3, (index) => ask(stage, hint(index + 4), "unknown"));
    expect((await delivered(stage)).slice(2)).toEqual([hint(3), hint(4), hint(5), hint(6)]);
  });

  test("does not let who is over it use up the person's own", async () => {
    const stage = await capped({ perIpPerHour: 1, perAddressPerHour: 2 });
    await times(6, () => ask(stage));
    await ask(stage, "alice@example.com", "198.51.100.1");
    expect(await delivered(stage)).toHaveLength(2);
  });
});

test("the cap of a registration counts its attempts, whoever they name", async () => {
  const stage = await capped({ perRegistrationPerDay: 2 });
  const { claim_token: claimToken } = (await register.anonymous(stage)).body;
  const hints = ["a@example.com", "b@example.com", "c@example.com"];
  expectAllAlike(await times(3, (index) => startClaim(stage, claimToken, { login_hint: hints[index] })));
  expect((await stage.outbox()).map(({ recipient }) => recipient)).toEqual(hints.slice(0, 2));
  // Mail goes out by itself: the first one may have been found to be out of date by now.
  const held = (await failures(stage)).filter(([, { reason }]) => reason === "capped");
  expect(held).toHaveLength(1);
});

test("a counter that cannot count holds mail back, and the request goes on", async () => {
  const stage = await capped({});
  stage.steps.before = (verb) => {
    if (verb === "consumeLimit") throw new StoreUnavailable("busy");
    return undefined;
  };
  const answers = [await ask(stage)];
  stage.steps.before = () => undefined;
  expectAllAlike([...answers, await ask(stage)]);
  expect(await delivered(stage)).toHaveLength(1);
  expect(await failures(stage)).toEqual([
    [answers[0]?.body.id, { template: "claim_link", reason: "uncounted" }],
  ]);
});

test("a start that is refused queues no mail and leaves no trace of one", async () => {
  const stage = await capped({ perRegistrationPerDay: 1 });
  const { claim_token: claimToken } = (await register.serviceAuth(stage)).body;
  await times(4, () => startClaim(stage, claimToken));
  // A mail that is on its way would be noted as sent meanwhile.
  await stage.deliver();
  const before = [await stage.snapshot(), await stage.outbox()];
  const answer = await startClaim(stage, claimToken);
  expect([answer.status, answer.body.error]).toEqual([429, "too_many_attempts"]);
  expect([await stage.snapshot(), await stage.outbox()]).toEqual(before);
});

test("starts that are refused use up nobody's mail: the person they name is still written to", async () => {
  const stage = await capped({});
  const { claim_token: claimToken } = (
    await register.serviceAuth(stage, { login_hint: "throwaway@example.com" })
  ).body;
  await times(4, () => startClaim(stage, claimToken, { login_hint: "throwaway@example.com" }));
  const refused = await times(12, () => startClaim(stage, claimToken));
  for (const { status, body } of refused) expect([status, body.error]).toEqual([429, "too_many_attempts"]);
  expectAllAlike([await ask(stage)]);
  expect((await delivered(stage)).filter((to) => to === "alice@example.com")).toHaveLength(1);
});

test("notices are not counted: nobody can use up the cap to keep a person from being told", async () => {
  const stage = await capped({ perAddressPerHour: 1, perAddressPerDay: 1 });
  stage.clock.advance(1);
  await times(3, () => ask(stage));
  for (const sub of ["sub-one", "sub-two"]) {
    const idJag = stage.provider.idJag({ sub, email: `${sub}@example.com` });
    await stage.agent.post("/agent/identity").send({
      type: "identity_assertion",
      assertion_type: "urn:ietf:params:oauth:token-type:id-jag",
      assertion: idJag,
    });
  }
  const people = stage.host.users.slice(-2);
  for (const person of people) person.email = "alice@example.com";
  expect(await delivered(stage)).toHaveLength(3);
});
