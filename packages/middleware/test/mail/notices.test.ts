/** The mails that tell a person of what happened to agents of theirs, and whom they reach. */
import { describe, expect, test } from "@jest/globals";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import { isMailLink, parseMailLink } from "../../src/protocol/mail-links.js";
import {
  approved,
  claimBy,
  type EventStageInput,
  eventStage,
  identify,
  notify,
  registered,
  steppedUp,
} from "../support/event-stage.js";
import { linksOf, type ReceivedMail, readable } from "../support/mail-server.js";
import { type MailWorld, mailWorld } from "../support/mail-world.js";
import { register, submitPage } from "../support/world.js";

const operator = { actor: { kind: "operator", id: "op_1" }, reason: "abuse" } as const;

/** The mails with this subject. */
async function notices(stage: MailWorld, about: "connected" | "disconnected"): Promise<ReceivedMail[]> {
  await stage.deliver();
  const subject = about === "connected" ? /is connected to your/ : /was disconnected from your/;
  return stage.server.mails.filter(({ parsed }) => subject.test(parsed.subject ?? ""));
}
const only = (mails: ReceivedMail[]): ReceivedMail => {
  expect(mails).toHaveLength(1);
  return mails[0] as ReceivedMail;
};
const failuresOf = async (stage: MailWorld) => (await stage.outbox()).map(({ failure }) => failure);

describe("an agent that was connected", () => {
  test("by its provider: the person learns since when, by whom, what it may do, and how to end it", async () => {
    const stage = await mailWorld();
    const { id } = await registered(stage);
    const mail = only(await notices(stage, "connected"));
    expect(mail.to).toEqual(["carol@example.com"]);
    for (const place of [mail.parsed.text, String(mail.parsed.html).replace(/<\/?bdi>/g, "")])
      for (const fact of [
        "1 Jan 2026, 00:00 UTC",
        "Example AI, a provider that Example Notes trusts.",
        "Read your notes",
        "Write and delete your notes",
      ])
        expect(place).toContain(fact);
    const [link, ...more] = linksOf(mail);
    expect([link?.origin, link?.pathname, [...(link?.searchParams.keys() ?? [])]]).toEqual([
      "https://notes.example",
      "/agent/connected",
      ["manage"],
    ]);
    expect(more).toEqual([]);
    const [queued] = await stage.outbox();
    expect(queued).toMatchObject({
      template: "agent_connected",
      recipient: "carol@example.com",
      registrationId: id,
    });
    const secret = parseMailLink(link?.searchParams.get("manage") ?? "");
    const keys = deriveKeys(["a secret for tests, thirty-two bytes or more"], "mail-link").map(
      ({ key }) => key,
    );
    expect(secret?.purpose).toBe("manage");
    expect(secret !== null && queued !== undefined && isMailLink(keys, secret, queued)).toBe(true);
    expect(mail.parsed.headers.has("list-unsubscribe")).toBe(false);
  });

  test("once: an ID-JAG that only keeps the registration tells nobody", async () => {
    const stage = await mailWorld();
    await registered(stage);
    stage.clock.advance(60);
    await registered(stage);
    only(await notices(stage, "connected"));
    expect(await stage.outbox()).toHaveLength(1);
  });

  test("again, after it was revoked: the person is told again", async () => {
    const stage = await mailWorld();
    await registered(stage);
    stage.clock.advance(60);
    await notify(stage, stage.provider.event({ sub: "sub-carol" }));
    stage.clock.advance(60);
    stage.host.users = stage.host.users.filter(({ email }) => email !== "carol@example.com");
    await registered(stage, { sub: "sub-carol", email: "carol.new@example.com" });
    const mails = await notices(stage, "connected");
    expect(mails.at(-1)?.to).toEqual(["carol.new@example.com"]);
  });

  test("with an anonymous registration: no word of the agent's is in the mail", async () => {
    const stage = await mailWorld();
    const { claim_token: claimToken } = (await register.anonymous(stage, { client_name: "Evil <b>555</b>" }))
      .body;
    const claimed = await claimBy(stage, claimToken, stage.provider.idJag({ sub: "sub-carol" }));
    expect(claimed.status).toBe(200);
    const mail = only(await notices(stage, "connected"));
    expect(mail.to).toEqual(["carol@example.com"]);
    expect(readable(mail)).not.toMatch(/evil|555/i);
  });

  test("on our page: the person is told at the address they signed in with", async () => {
    const stage = await mailWorld();
    const waiting = await steppedUp(stage);
    await approved(stage, waiting);
    const mail = only(await notices(stage, "connected"));
    expect(mail.to).toEqual(["alice@example.com"]);
    expect(mail.parsed.text).toContain("Example AI");
  });

  test("and revoked before the mail went out: only the end is told", async () => {
    const stage = await mailWorld();
    stage.server.onRecipient = () => ({ code: 451, text: "later" });
    const { id } = await registered(stage);
    await stage.deliver();
    await stage.auth.revokeRegistration(id, operator);
    stage.server.onRecipient = () => null;
    stage.clock.advance(60);
    expect(await notices(stage, "connected")).toEqual([]);
    expect(await failuresOf(stage)).toEqual(["superseded", null]);
    only(await notices(stage, "disconnected"));
  });
});

describe("an agent that was disconnected", () => {
  const byWhom = [
    ["operator", "Ended by: Example Notes"],
    ["user", "Ended by: You, or somebody signed in as you"],
    ["system", "Ended by: Example Notes"],
  ] as const;
  test.each(byWhom)("by %s: the person is told, once, and by whom", async (kind, words) => {
    const stage = await mailWorld();
    const { id } = await registered(stage);
    stage.clock.advance(90);
    const intervention = { actor: { kind, id: "someone" }, reason: "because" };
    expect(await stage.auth.revokeRegistration(id, intervention)).toBe(true);
    expect(await stage.auth.revokeRegistration(id, intervention)).toBe(false);
    const mail = only(await notices(stage, "disconnected"));
    expect(mail.to).toEqual(["carol@example.com"]);
    expect(mail.parsed.text).toContain(words);
    expect(mail.parsed.text).toContain("Ended on: 1 Jan 2026, 00:01 UTC");
    expect(readable(mail)).not.toContain("because");
  });

  test("by an event of the provider: everybody it concerned is told, once", async () => {
    const stage = await mailWorld();
    await registered(stage);
    const { claim_token: claimToken } = (await register.anonymous(stage)).body;
    await claimBy(stage, claimToken, stage.provider.idJag({ sub: "sub-carol" }));
    stage.clock.advance(60);
    const event = stage.provider.event({ sub: "sub-carol" });
    for (let delivery = 0; delivery < 2; delivery += 1) expect((await notify(stage, event)).status).toBe(202);
    const mails = await notices(stage, "disconnected");
    expect(mails.map(({ to }) => to)).toEqual([["carol@example.com"], ["carol@example.com"]]);
    expect(mails[0]?.parsed.text).toContain("Ended by: The provider that vouched for it");
  });

  test("before anybody had connected it, or because its time was over: nobody is told", async () => {
    const stage = await mailWorld();
    const { registration_id: id } = (await register.anonymous(stage)).body;
    await register.anonymous(stage);
    await stage.auth.revokeRegistration(id, operator);
    stage.clock.advance(2 * 86_400);
    expect(await notices(stage, "disconnected")).toEqual([]);
    expect(await stage.outbox()).toEqual([]);
  });
});

describe("a person whose address is not known for sure", () => {
  type Account = Awaited<ReturnType<NonNullable<NonNullable<EventStageInput["accounts"]>["findById"]>>>;
  const accounts: [string, Account][] = [
    ["no account any more", null],
    ["an account without an address", { id: "usr_1" }],
    ["an address nobody has verified", { id: "usr_1", email: "carol@example.com", emailVerified: false }],
    ["an address that is no text", { id: "usr_1", email: 7 }],
    ["two addresses in one", { id: "usr_1", email: "carol@example.com, eve@example.com" }],
    ["a header in the address", { id: "usr_1", email: "carol@example.com\r\nBcc: eve@example.com" }],
    ["a name and an address", { id: "usr_1", email: "Carol <carol@example.com>" }],
  ];
  test.each(accounts)("(%s) is not written to, and the audit log says so", async (_title, account) => {
    let found: Account = { id: "usr_1" };
    const stage = await mailWorld({ accounts: { findById: () => found } });
    stage.server.onRecipient = () => ({ code: 451, text: "later" });
    await registered(stage);
    found = account;
    stage.clock.advance(60);
    await stage.deliver();
    stage.clock.advance(600);
    await stage.deliver();
    expect(await failuresOf(stage)).toEqual(["no_address"]);
    expect([stage.server.asked, stage.server.mails]).toEqual([[], []]);
    expect((await stage.audit("mail.failed")).map(({ detail }) => JSON.parse(String(detail)))).toEqual([
      { template: "agent_connected", mailId: 1, reason: "no_address" },
    ]);
    expect(JSON.stringify([await stage.audit(), stage.logs])).not.toContain("@example.com");
  });

  test("is written to when the host says nothing of verification, as accounts it finds are its own", async () => {
    const stage = await mailWorld({
      accounts: { findById: () => ({ id: "usr_1", email: " Carol@example.com " }) },
    });
    await registered(stage);
    expect(only(await notices(stage, "connected")).to).toEqual(["Carol@example.com"]);
  });
});

describe("a host that fails", () => {
  test("with an error: the mail waits, and the log quotes no address", async () => {
    let isBroken = false;
    const stage = await mailWorld({
      accounts: {
        findById: () => {
          if (isBroken) throw new Error("no row for carol@example.com at https://db.example/x?key=1");
          return { id: "usr_1", email: "carol@example.com" };
        },
      },
    });
    stage.server.onRecipient = () => ({ code: 451, text: "later" });
    await registered(stage);
    await stage.deliver();
    isBroken = true;
    stage.clock.advance(60);
    await stage.deliver();
    expect(await failuresOf(stage)).toEqual([null]);
    expect(stage.logs).toContainEqual({
      level: "error",
      message: "mail could not be sent",
      fields: {
        mailId: 1,
        template: "agent_connected",
        tries: 2,
        error: expect.objectContaining({ message: "no row for [address] at https://db.example/x?[query]" }),
      },
    });
    isBroken = false;
    stage.server.onRecipient = () => null;
    stage.clock.advance(60);
    only(await notices(stage, "connected"));
  });

  test("by never answering: other mail goes out, and this one later", async () => {
    let isSilent = false;
    const stage = await mailWorld({
      accounts: {
        findById: (id) =>
          isSilent ? new Promise(() => {}) : { id, email: "carol@example.com", emailVerified: true },
      },
    });
    stage.server.onRecipient = () => ({ code: 451, text: "later" });
    await registered(stage);
    await stage.deliver();
    isSilent = true;
    stage.server.onRecipient = () => null;
    stage.clock.advance(60);
    await register.serviceAuth(stage, { login_hint: "bob@example.com" });
    await stage.deliver();
    expect(stage.server.recipients()).toEqual(["bob@example.com"]);
    isSilent = false;
    stage.clock.advance(60);
    only(await notices(stage, "connected"));
  });
});

test("without mail nobody is told of anything, and nothing is queued", async () => {
  const stage = await eventStage();
  const { id } = await registered(stage);
  const { claim, claim_token: claimToken } = (await register.serviceAuth(stage)).body;
  await submitPage(stage, claim.verification_uri, "alice", { userCode: claim.user_code });
  await identify(stage, stage.provider.idJag({ sub: "sub-carol" }));
  await stage.auth.revokeRegistration(id, operator);
  await notify(stage, stage.provider.event());
  await stage.auth.sweep();
  expect(claimToken).toBeDefined();
  expect(await stage.store.findMail(1)).toBeNull();
});
