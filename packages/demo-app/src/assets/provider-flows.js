/** Owns the stories an agent with a provider plays: which person, which steps, and what is to be expected. */
import { approvalByCodeEntry, approvalByReadBack } from "./approval.js";
import {
  claimByIdJag,
  lookAtEvent,
  personRevokes,
  providerSteps,
  registerByIdJag,
  tryAssertionAgain,
  tryTokenFromBefore,
} from "./provider-steps.js";
import { discovery, exchange, readNotes, registerAnonymous, writeNote } from "./steps.js";

/** The token may have come along with an approval. */
const exchangeIfNeeded = {
  ...exchange("From here on it is as with every agent: the assertion becomes the token the API takes."),
  skip: (known) => known.cameWithToken === true,
};

const write = writeNote("Write a note", "The agent has all that the person can grant.", 201);
const read = readNotes("Read the notes", "It sees the notes of its person.");

const people = {
  alice: { hint: "alice@example.com", password: "alice-demo" },
  carol: { hint: "carol@example.com", password: "carol-demo" },
};

/** In the order in which they tell most. */
const stories = (approvalIfNeeded) => [
  {
    id: "new-person",
    title: "A new person",
    says: "Carol has no account here. Her provider vouches for her address, so she gets one, and her agent works at once.",
    start: { name: "Carol's agent", ...people.carol },
    steps: [
      ...discovery,
      ...providerSteps,
      registerByIdJag(
        "Nobody here has this address: an account is made, and linked to the provider's person.",
        200,
        { 401: "Somebody has this address here, verified: they have to approve." },
      ),
      exchangeIfNeeded,
      write,
      read,
    ],
  },
  {
    id: "step-up",
    title: "A person with an account",
    says: "Alice has an account here. That the address is the same is no proof: she signs in and approves the link herself.",
    start: { name: "Alice's agent", ...people.alice },
    steps: [
      ...discovery,
      ...providerSteps,
      registerByIdJag(
        "The address belongs to an account that was never linked. 401 interaction_required brings a code for its owner.",
        401,
        {
          200: "Alice is linked already: this was a clean match. To see the step-up again, play “The provider revokes” and start over.",
        },
      ),
      approvalIfNeeded,
      exchangeIfNeeded,
      write,
      read,
    ],
  },
  {
    id: "clean-match",
    title: "A clean match",
    says: "Alice again, after she approved once. The link is known, so a fresh ID-JAG is enough: nobody is asked.",
    start: { name: "Alice's agent", ...people.alice },
    steps: [
      ...discovery,
      ...providerSteps,
      registerByIdJag("Issuer and subject are linked to an account: 200, with an assertion.", 200, {
        401: "Alice is not linked yet: play “A person with an account” first, then start over.",
      }),
      exchangeIfNeeded,
      read,
    ],
  },
  {
    id: "claim",
    title: "Claim by ID-JAG",
    says: "The agent started anonymously and has a token already. Now it names its person with an ID-JAG.",
    start: { name: "Demo agent (claimed by ID-JAG)", ...people.alice },
    steps: [
      ...discovery,
      registerAnonymous,
      exchange("The assertion of an agent without a person opens what is allowed before a claim."),
      writeNote("Try to write a note", "Not before a person stands behind it.", 403),
      ...providerSteps,
      claimByIdJag,
      approvalIfNeeded,
      exchangeIfNeeded,
      write,
      tryTokenFromBefore,
    ],
  },
  {
    id: "revoke",
    title: "The provider revokes",
    says: "Alice changes her mind at her provider. It tells this service, and the agent's very next call is refused.",
    start: { name: "Alice's agent", ...people.alice },
    steps: [
      ...discovery,
      ...providerSteps,
      registerByIdJag("Linked already: 200. Not linked: the account's owner approves first.", [200, 401]),
      approvalIfNeeded,
      exchangeIfNeeded,
      read,
      personRevokes,
      tryAssertionAgain,
      lookAtEvent,
    ],
  },
];

/** @param {import("./approval.js").Place} place */
export function providerFlows(place) {
  const approval = place.ceremony === "read-back" ? approvalByReadBack(place) : approvalByCodeEntry(place);
  return stories({ ...approval, skip: (known) => !known.needsApproval });
}
