/** Owns the flows an event may arrive in the middle of, each ready to run and with what its agent holds. */
import {
  approved,
  claimBy,
  claimWaiting,
  type EventStage,
  identify,
  type Standing,
  steppedUp,
} from "../support/event-stage.js";
import { exchange, openPage, poll, type Response, register, startClaim } from "../support/world.js";
import { preparedForm } from "./observed-world.js";

export interface Prepared {
  /** The flow the event interrupts. */
  run: () => PromiseLike<Response>;
  /** Credentials the agent held before. */
  held?: Standing;
  /** A claim token it holds, and the page and code that go with it. */
  claim?: { claimToken: string; uri?: string; userCode?: string };
}

export interface Flow {
  name: string;
  sub: string;
  /** Hooks of the host the flow calls. */
  hooks: ("currentUser" | "findById" | "findByEmail" | "create")[];
  /** What it answers when the event came before its end, if it can tell by then. */
  refusal?: "assertion_revoked";
  prepare: (stage: EventStage) => Promise<Prepared>;
}

const linked = async (stage: EventStage) => approved(stage, await steppedUp(stage));
const anonymousClaimToken = async (stage: EventStage): Promise<string> =>
  (await register.anonymous(stage)).body.claim_token;

/** What deals with an ID-JAG or with what came of one. */
export const flows: Flow[] = [
  {
    name: "registration of a linked person",
    sub: "sub-alice",
    hooks: ["findById"],
    refusal: "assertion_revoked",
    prepare: async (stage) => {
      const held = await linked(stage);
      const assertion = stage.provider.idJag();
      return { held, run: () => identify(stage, assertion) };
    },
  },
  {
    name: "registration of a person who is new",
    sub: "sub-carol",
    hooks: ["findByEmail", "create"],
    refusal: "assertion_revoked",
    prepare: async (stage) => {
      const assertion = stage.provider.idJag({ sub: "sub-carol" });
      return { run: () => identify(stage, assertion) };
    },
  },
  {
    name: "step-up",
    sub: "sub-alice",
    hooks: ["findByEmail"],
    refusal: "assertion_revoked",
    prepare: async (stage) => {
      const assertion = stage.provider.idJag();
      return { run: () => identify(stage, assertion) };
    },
  },
  {
    name: "renewal of a step-up",
    sub: "sub-alice",
    hooks: ["findByEmail"],
    refusal: "assertion_revoked",
    prepare: async (stage) => {
      const claim = await steppedUp(stage);
      const assertion = stage.provider.idJag();
      return { claim, run: () => identify(stage, assertion) };
    },
  },
  {
    name: "new code for a step-up",
    sub: "sub-alice",
    hooks: [],
    prepare: async (stage) => {
      const claim = await steppedUp(stage);
      return { claim, run: () => startClaim(stage, claim.claimToken) };
    },
  },
  {
    name: "claim for a linked person",
    sub: "sub-alice",
    hooks: ["findById"],
    refusal: "assertion_revoked",
    prepare: async (stage) => {
      const held = await linked(stage);
      const claimToken = await anonymousClaimToken(stage);
      const assertion = stage.provider.idJag();
      return { held, claim: { claimToken }, run: () => claimBy(stage, claimToken, assertion) };
    },
  },
  {
    name: "claim for a person who is new",
    sub: "sub-carol",
    hooks: ["findByEmail", "create"],
    refusal: "assertion_revoked",
    prepare: async (stage) => {
      const claimToken = await anonymousClaimToken(stage);
      const assertion = stage.provider.idJag({ sub: "sub-carol" });
      return { claim: { claimToken }, run: () => claimBy(stage, claimToken, assertion) };
    },
  },
  {
    name: "claim that the owner has to approve",
    sub: "sub-alice",
    hooks: ["findByEmail"],
    prepare: async (stage) => {
      const claimToken = await anonymousClaimToken(stage);
      const assertion = stage.provider.idJag();
      return { claim: { claimToken }, run: () => claimBy(stage, claimToken, assertion) };
    },
  },
  {
    name: "view of the page",
    sub: "sub-alice",
    hooks: ["currentUser"],
    prepare: async (stage) => {
      const claim = await claimWaiting(stage);
      return { claim, run: () => openPage(stage, claim.uri, "alice") };
    },
  },
  ...[
    { name: "approval of a step-up", open: steppedUp },
    { name: "approval of a claim", open: claimWaiting },
  ].map(
    ({ name, open }): Flow => ({
      name,
      sub: "sub-alice",
      hooks: ["currentUser"],
      prepare: async (stage) => {
        const claim = await open(stage);
        const submit = await preparedForm(stage, claim.uri, "alice");
        return { claim, run: () => submit({ userCode: claim.userCode }) };
      },
    }),
  ),
  ...[
    { name: "collection after a step-up", open: steppedUp },
    { name: "collection after a claim", open: claimWaiting },
  ].map(
    ({ name, open }): Flow => ({
      name,
      sub: "sub-alice",
      hooks: [],
      prepare: async (stage) => {
        const claim = await open(stage);
        await (await preparedForm(stage, claim.uri, "alice"))({ userCode: claim.userCode });
        return { claim, run: () => poll(stage, claim.claimToken) };
      },
    }),
  ),
  {
    name: "exchange",
    sub: "sub-alice",
    hooks: [],
    prepare: async (stage) => {
      const held = await linked(stage);
      return { held, run: () => exchange(stage, held.assertion) };
    },
  },
];
