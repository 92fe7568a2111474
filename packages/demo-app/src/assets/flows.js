/** Owns what an agent without a provider does, step by step: one that names nobody, and one that names its person. */
import {
  afterwards,
  approval,
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

const anonymous = [
  ...discovery,
  registerAnonymous,
  exchange("The assertion (RFC 7523) proves who the agent is; the access token is what the API takes."),
  readNotes("Read notes", "Reading is allowed before a claim. A new agent has no notes yet."),
  writeNote("Try to write a note", "Writing is not: 403 names the scope that is missing.", 403),
  {
    title: "Ask a person to claim it",
    why: "The agent names its person and gets a code to show them.",
    expect: 200,
    input: hint,
    request: (known) => ({
      method: "POST",
      url: known.claim,
      ...json({ claim_token: known.claimToken, login_hint: known.hint }),
    }),
    learn: (known, { json: body }) => learnAttempt(known, body?.claim_attempt, "claim_attempt"),
  },
  approval,
  ...afterwards,
];

const serviceAuth = [
  ...discovery,
  {
    title: "Register with a hint at the person",
    why: "The answer has no assertion: only a claim token to poll with, and a code to show the person.",
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
  approval,
  ...afterwards,
];

/** By the name the protocol gives the registration. `start` is what the agent knows before its first step. */
export const flows = {
  anonymous: { steps: anonymous, start: { name: "Demo agent (anonymous)" } },
  service_auth: { steps: serviceAuth, start: { name: "Demo agent (with a hint)" } },
};
