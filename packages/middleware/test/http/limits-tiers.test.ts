/**
 * Every limit of PROTOCOL section 10 by the same measure: as many as it says pass, one more is refused in the endpoint's
 * own words and changes nothing, and others are not held up by it.
 */
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { describe, expect, test } from "@jest/globals";
import {
  changesNothing,
  type EventStage,
  eventStage,
  expectEventRefusal,
  identify,
  notify,
} from "../support/event-stage.js";
import { complete, reveal } from "../support/read-back.js";
import { exchange, type Response, register, startClaim } from "../support/world.js";
import { expectAgentRefusal, expectNotice, expectOauthRefusal, preparedForm } from "./observed-world.js";

type Limits = Exclude<NonNullable<AgentAuthOptions["limits"]>, false>;
interface Sent extends PromiseLike<Response> {
  set(name: string, value: string): Sent;
}
/** One request, built but not sent: the test says from where. */
type Send = () => Sent;

interface Tier {
  limit: keyof Limits;
  /** In the header. */
  name: string;
  /** Requests that count against it; each is good in itself. */
  prepare: (stage: EventStage) => Promise<Send>;
  /** Requests that do not, though they come right after. */
  others: (stage: EventStage) => Promise<Send>;
  expectRefused: (response: Response) => void;
  /** Whether senders are told apart by address. */
  byAddress: boolean;
}

const agentRefusal = (response: Response) =>
  expectAgentRefusal(response, 429, "rate_limited", "rate_limit_exceeded");
const eventRefusal = (response: Response) => expectEventRefusal(response, "rate_limited", 429);
const oauthRefusal = (response: Response) => expectOauthRefusal(response, "rate_limited", 429);

const anonymous = async (stage: EventStage) => () => register.anonymous(stage);
const serviceAuth = async (stage: EventStage) => () => register.serviceAuth(stage);
const carol = async (stage: EventStage) => () => identify(stage, stage.provider.idJag({ sub: "sub-carol" }));
const start = async (stage: EventStage) => {
  const { body } = await register.anonymous(stage);
  return () => startClaim(stage, body.claim_token);
};
const exchanging = async (stage: EventStage) => {
  const { body } = await register.anonymous(stage);
  return () => exchange(stage, body.identity_assertion);
};
const event = async (stage: EventStage) => () => notify(stage, stage.provider.event({ sub: "sub-bob" }));
/** A code that is brought back wrong until there are no guesses left; what is counted is the asking. */
const completing = async (stage: EventStage) => {
  const { body } = await register.serviceAuth(stage);
  const code = await reveal(stage, { uri: body.claim.verification_uri });
  return () => complete(stage, body.claim_token, code === "000000" ? "000001" : "000000");
};
const submitting = async (stage: EventStage) => {
  const { body } = await register.serviceAuth(stage);
  const submit = await preparedForm(stage, body.claim.verification_uri, "alice");
  return () => submit({ userCode: "no code" });
};

const tiers: Tier[] = [
  {
    limit: "anonymousPerIpPerHour",
    name: "anonymous-ip",
    prepare: anonymous,
    others: serviceAuth,
    expectRefused: agentRefusal,
    byAddress: true,
  },
  {
    limit: "anonymousPerHour",
    name: "anonymous",
    prepare: anonymous,
    others: serviceAuth,
    expectRefused: agentRefusal,
    byAddress: false,
  },
  {
    limit: "serviceAuthPerIpPerHour",
    name: "service-auth-ip",
    prepare: serviceAuth,
    others: anonymous,
    expectRefused: agentRefusal,
    byAddress: true,
  },
  {
    limit: "serviceAuthPerHour",
    name: "service-auth",
    prepare: serviceAuth,
    others: carol,
    expectRefused: agentRefusal,
    byAddress: false,
  },
  {
    limit: "identityAssertionPerIpPerHour",
    name: "identity-assertion-ip",
    prepare: carol,
    others: anonymous,
    expectRefused: agentRefusal,
    byAddress: true,
  },
  {
    limit: "identityAssertionPerHour",
    name: "identity-assertion",
    prepare: carol,
    others: anonymous,
    expectRefused: agentRefusal,
    byAddress: false,
  },
  {
    limit: "claimPerIpPerHour",
    name: "claim-ip",
    prepare: start,
    others: anonymous,
    expectRefused: agentRefusal,
    byAddress: true,
  },
  {
    limit: "claimCompletePerIpPerHour",
    name: "claim-complete-ip",
    prepare: completing,
    others: start,
    expectRefused: agentRefusal,
    byAddress: true,
  },
  {
    limit: "claimPagePerIpPerHour",
    name: "claim-page-ip",
    prepare: submitting,
    others: completing,
    expectRefused: (response) => expectNotice(response, 429, "Too many requests"),
    byAddress: true,
  },
  {
    limit: "tokenPerRegistrationPerHour",
    name: "token",
    prepare: exchanging,
    others: exchanging,
    expectRefused: oauthRefusal,
    byAddress: false,
  },
  {
    limit: "eventsPerIpPerHour",
    name: "events-ip",
    prepare: event,
    others: anonymous,
    expectRefused: eventRefusal,
    byAddress: true,
  },
  {
    limit: "eventsPerIssuerPerHour",
    name: "events",
    prepare: event,
    others: async (stage) => () => notify(stage, stage.other.event({ sub: "sub-bob" })),
    expectRefused: eventRefusal,
    byAddress: false,
  },
];

async function limited(limits: Limits): Promise<EventStage> {
  const stage = await eventStage({ options: { limits } });
  stage.app.set("trust proxy", "loopback");
  return stage;
}
const quota = 3;

test("each limit there is has its row here", async () => {
  const stage = await limited({});
  const names = stage.auth.admin
    .settings()
    .flatMap(({ path }) => (path.startsWith("limits.") ? [path.slice(7)] : []));
  expect(tiers.map(({ limit }) => limit).sort()).toEqual(names.sort());
});

describe.each(tiers)("$limit", ({ limit, name, prepare, others, expectRefused, byAddress }) => {
  test("lets pass what it says, refuses one more without effect, and holds up nobody else", async () => {
    const stage = await limited({ [limit]: quota });
    const send = await prepare(stage);
    // Where addresses count for nothing, changing them is no way around.
    const address = (index: number) => (byAddress ? "192.0.2.1" : `192.0.2.${index + 1}`);
    const at = (index: number) => send().set("X-Forwarded-For", address(index));
    for (let index = 0; index < quota; index += 1) expect((await at(index)).status).not.toBe(429);

    const refused = await changesNothing(stage, () => at(quota));
    expectRefused(refused);
    const seconds = Number(refused.headers["retry-after"]);
    expect([Number.isInteger(seconds), seconds >= 1, seconds <= 3600]).toEqual([true, true, true]);
    expect(refused.headers).toMatchObject({
      "ratelimit-policy": `"${name}";q=${quota};w=3600`,
      ratelimit: `"${name}";r=0;t=${seconds}`,
      "cache-control": "no-store",
    });
    if (!refused.text.startsWith("<")) expect(refused.body.retry_after).toBe(seconds);

    expect((await at(quota)).status).toBe(429);
    if (byAddress) expect((await send().set("X-Forwarded-For", "198.51.100.1")).status).not.toBe(429);
    const other = await others(stage);
    expect((await other().set("X-Forwarded-For", "192.0.2.1")).status).not.toBe(429);
  });
});
