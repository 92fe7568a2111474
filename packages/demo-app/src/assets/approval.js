/**
 * Owns the person's part of a claim, for both ways a code can travel. Code entry: the agent shows it, the person types
 * it on the page, the agent polls. Read-back: the page shows it, and the person reads it to the agent.
 */

import { grants, learnIdentity, need } from "./steps.js";
import { form, json } from "./wire.js";

/** @typedef {{ ceremony: "both" | "code-entry" | "read-back", signIn: "host" | "email", outbox: string }} Place */

/** How the person gets to the claim page: `says` ends in front of what they do there. */
function wayToThePage(known, { signIn, outbox }) {
  const page = { href: known.verificationUri, text: "Open the claim page" };
  if (signIn === "host") return { says: "Open the page, sign in,", link: page };
  if (outbox === "")
    return { says: `Follow the link in the mail to ${known.hint}, press Continue,`, link: page };
  return {
    says: `Open the outbox, follow the link in the newest mail to ${known.hint}, press Continue,`,
    link: { href: outbox, text: "Open the outbox" },
  };
}

const asPerson = (known) => `Now you are the person, ${known.hint}`;

/** @param {Place} place */
export const approvalByCodeEntry = (place) => ({
  title: "The person approves",
  why: "The person opens the page and types the code. Meanwhile the agent polls the token endpoint.",
  waits: true,
  expect: 200,
  request: (known) => ({
    method: "POST",
    url: known.tokenEndpoint,
    ...form({ grant_type: grants.claim, claim_token: known.claimToken }),
  }),
  person: (known) => {
    const { says, link } = wayToThePage(known, place);
    return { heading: asPerson(known), says: `${says} and type this code:`, code: known.userCode, link };
  },
  learn: (known, { json: body }) => {
    known.token = need(body?.access_token, "access_token");
    known.cameWithToken = true;
    learnIdentity(known, body);
  },
});

/** @param {Place} place */
export const approvalByReadBack = (place) => ({
  title: "The person approves, and reads out a code",
  why: "The agent has no code and does not poll: it asks its person for the code that the page shows after Authorize.",
  asks: true,
  expect: 200,
  input: {
    name: "readBackCode",
    label: "The code the person reads to the agent",
    value: "",
    attributes: { inputmode: "numeric", required: true, maxlength: 16, placeholder: "123-456" },
  },
  give: "Give the code to the agent",
  request: (known) => ({
    method: "POST",
    url: `${known.claim}/complete`,
    ...json({ claim_token: known.claimToken, user_code: known.readBackCode }),
  }),
  person: (known) => {
    const { says, link } = wayToThePage(known, place);
    const withoutCode = place.ceremony === "both" ? " without typing a code" : "";
    return {
      heading: asPerson(known),
      says: `${says} and press Authorize${withoutCode}. The page then shows a code. Come back, and give it to the agent.`,
      link,
    };
  },
  learn: (known, { json: body }) => learnIdentity(known, body),
});
