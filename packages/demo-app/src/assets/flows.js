/** Owns what an agent without a provider does, step by step: one that names nobody, and one that names its person. */
import { approvalByCodeEntry, approvalByReadBack } from "./approval.js";
import {
  afterwards,
  discovery,
  exchange,
  learnAttempt,
  need,
  readNotes,
  registerAnonymous,
  writeNote,
} from "./steps.js";
import { json } from "./wire.js";

const hint = { name: "hint", label: "The person's e-mail address (login_hint)", value: "alice@example.com" };

/** Up to the point where a person is needed. */
const anonymous = [
  ...discovery,
  registerAnonymous,
  exchange("The assertion (RFC 7523) proves who the agent is; the access token is what the API takes."),
  readNotes("Read notes", "Reading is allowed before a claim. A new agent has no notes yet."),
  writeNote("Try to write a note", "Writing is not: 403 names the scope that is missing.", 403),
  {
    title: "Ask a person to claim it",
    why: "The agent names its person, and gets a link for them.",
    expect: 200,
    input: hint,
    request: (known) => ({
      method: "POST",
      url: known.claim,
      ...json({ claim_token: known.claimToken, login_hint: known.hint }),
    }),
    learn: (known, { json: body }) => learnAttempt(known, body?.claim_attempt, "claim_attempt"),
  },
];

const serviceAuth = [
  ...discovery,
  {
    title: "Register with a hint at the person",
    why: "The answer has no assertion: only a claim token for the agent, and a link for the person.",
    expect: 200,
    input: hint,
    request: (known) => ({
      method: "POST",
      url: known.identity,
      ...json({ type: "service_auth", login_hint: known.hint, client_name: known.name }),
    }),
    learn: (known, { json: body }) => {
      known.claimToken = need(body?.claim_token, "claim_token");
      learnAttempt(known, body?.claim, "claim");
    },
  },
];

/** By the name the protocol gives the registration. */
const agents = {
  anonymous: { untilThePerson: anonymous, name: "Demo agent (anonymous)" },
  service_auth: { untilThePerson: serviceAuth, name: "Demo agent (with a hint)" },
};

const exchangeAfterwards = exchange(
  "The code brought an assertion. The agent exchanges it for a token that may do what the person granted.",
);

/** Both ways the code can travel, of which the service may offer one. */
const ceremonies = [
  {
    id: "code-entry",
    title: "The agent shows the code",
    says: "Code entry: the agent shows a code, the person types it on the page, and the agent polls.",
    steps: (place) => [approvalByCodeEntry(place)],
  },
  {
    id: "read-back",
    title: "The page shows the code",
    says: "Read-back: the person presses Authorize, the page shows a code, and the person gives it to the agent.",
    steps: (place) => [approvalByReadBack(place), exchangeAfterwards],
  },
];

/**
 * The stories an agent of this kind can play here. `start` is what it knows before its first step.
 * @param {import("./approval.js").Place} place
 */
export function flowsOf(kind, place) {
  const { untilThePerson, name } = agents[kind];
  return ceremonies
    .filter(({ id }) => place.ceremony === "both" || place.ceremony === id)
    .map(({ id, title, says, steps }) => ({
      id,
      title,
      says,
      start: { name },
      steps: [...untilThePerson, ...steps(place), ...afterwards],
    }));
}
