/** Owns what each action means, as PROTOCOL section 8 has it, in English. */
import { type Inline, say } from "./words.js";

/** The form that stands before every action. */
export const confirmationWords = {
  consequences: "What happens",
  confirm: "Confirm",
  reason: "Reason",
  reasonHint: (longest: number): string =>
    `For the audit log, with your name: at most ${longest} characters. No secrets.`,
  typed: (text: string): string => `Type “${text}” to confirm`,
  problems: {
    noReason: "Say why: the audit log keeps the reason.",
    longReason: (longest: number): string => `The reason may have at most ${longest} characters.`,
    notTyped: (text: string): string => `Type “${text}”, exactly, to show that you mean it.`,
  },
} as const;

export const changeWords = {
  revoke: {
    button: "Revoke…",
    title: "Revoke this agent",
    submit: "Revoke it now",
    consequences: [
      "Its very next request is refused. Access tokens, refresh tokens, its assertion and any open claim die together.",
      "If it came through a provider, the link to the person is removed too: coming back takes the person’s consent.",
      "This cannot be taken back. The agent can register anew, as anybody can. One that comes through a provider is kept out by suspending it instead.",
    ],
  },
  suspend: {
    button: "Suspend…",
    title: "Suspend this agent",
    submit: "Suspend it now",
    consequences: [
      "Its very next request is refused, and so is every try to register, renew or claim, for the same person at the same provider too.",
      "It stays so until an operator resumes it. Nothing it was granted is lost.",
    ],
  },
  resume: {
    button: "Resume…",
    title: "Resume this agent",
    submit: "Resume it",
    consequences: [
      "The stop is lifted: tokens that have not expired work again at once.",
      "A registration that was revoked stays revoked; the same person’s agent may then register anew.",
    ],
  },
  narrow: {
    button: "Narrow scopes…",
    title: "Narrow what this agent may do",
    submit: "Narrow its scopes",
    consequences: [
      "From its next request on, the agent may only do what stays ticked; tokens it already has included.",
      "Scopes can only be taken away here. It holds until a person claims or approves an agent anew: what they then leave ticked is granted.",
      "Until then, other agents that a provider brings in for the same person get no more than that either.",
    ],
  },
  "end-date": {
    button: "End date…",
    title: "Set an end date for this agent",
    submit: "Save the end date",
    consequences: [
      "From that moment on its requests are refused, and it gets no new tokens. Nothing changes before.",
      "Nothing it was granted is lost: the date can be moved or removed later, and it then goes on where it was.",
      "Agents that a provider brings in for the same person before the date take it over, and keep it if it is removed here.",
    ],
  },
} as const;
export type ChangeName = keyof typeof changeWords;

/** The forms of these actions. */
export const changeForm = {
  facts: {
    agent: "Agent",
    id: "Id",
    status: "Status",
    user: "On behalf of",
    scopes: "Granted now",
    end: "End date now",
  },
  noEnd: "No end date",
  kept: "Scopes it keeps",
  day: "Stops at the start of this day, 00:00 UTC",
  dayHint: (now: Inline): Inline =>
    say`It is ${now} now. A day that has begun stops it at once. Leave it empty to remove the end date.`,
  changed: "It has changed since you opened this form. Nothing was done: this is how it stands now.",
  problems: {
    notHeld: "A scope it does not have cannot be kept. Narrowing only takes away.",
    allKept: "Untick at least one scope: as it is, nothing would change.",
    noneKept: "Keep at least one scope. To stop the agent altogether, suspend or revoke it.",
    noDay: "Give a day such as 2026-12-31, or nothing.",
  },
} as const;

export const bulkWords = {
  revoke: [
    "Every registration the filter finds is revoked: its next request is refused, its tokens and open claims die with it.",
    "Links to people at providers are removed, so coming back takes their consent. This cannot be taken back.",
  ],
  suspend: [
    "Every registration the filter finds is refused from its next request on, until an operator resumes it.",
  ],
  resume: ["Every registration the filter finds goes on where it was. Revoked ones stay revoked."],
} as const;

/** Beside what revoking means, where this service sends mail. */
export const revocationMail = {
  one: "The person it acts for is told by mail.",
  many: "People whose agents are revoked are told by mail, once for each agent.",
} as const;

export const jobSteps = [
  "It runs in the background in small batches, so that the API keeps answering, and goes on after a restart.",
  "Registrations made after you opened this page are left alone. If when you press the button it would be a tenth more or fewer than it says here, you are asked again.",
] as const;

export const incidentSteps = [
  "Every registration in reach is revoked in the background, batch by batch, those made while it runs included.",
  "Links to people at providers in reach are cut, so coming back takes their consent.",
  "It ends with a pass that finds nothing left, or with the third, and says exactly how many were revoked and whether more may be left. This cannot be taken back.",
] as const;
