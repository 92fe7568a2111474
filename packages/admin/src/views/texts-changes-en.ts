/** Owns what each action means, as PROTOCOL section 8 has it, in English. */

export const changeWords = {
  revoke: {
    button: "Revoke…",
    title: "Revoke this agent",
    submit: "Revoke it now",
    consequences: [
      "Its very next request is refused. Access tokens, refresh tokens, its assertion and any open claim die together.",
      "If it came through a provider, the link to the person is removed too: coming back takes the person’s consent.",
      "This cannot be taken back. The agent can register anew, as anybody can; to keep it out, suspend it instead.",
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
    ],
  },
  "end-date": {
    button: "End date…",
    title: "Set an end date for this agent",
    submit: "Save the end date",
    consequences: [
      "From that moment on its requests are refused. Nothing else changes before.",
      "The date can be moved or removed later, and it then goes on where it was.",
    ],
  },
} as const;
export type ChangeName = keyof typeof changeWords;

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

export const jobSteps = [
  "It runs in the background in small batches, so that the API keeps answering, and goes on after a restart.",
  "Registrations made after you press the button are left alone.",
] as const;

export const incidentSteps = [
  "Every registration in reach is revoked in the background, batch by batch, those made while it runs included.",
  "It ends with a pass that finds nothing left, and says exactly how many were revoked. This cannot be taken back.",
] as const;
