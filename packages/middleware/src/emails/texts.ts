/** Owns every sentence people read in our mails. A translation is another object of the type `MailTexts`. */
import type { MailTemplate } from "../protocol/model.js";
import { type Moment, type Sentence, sentence } from "../views/sentence.js";

/** Words every mail has. */
interface MailText {
  subject(serviceName: string): string;
  heading(serviceName: string): Sentence;
}

/** Everything a translation provides. */
export interface MailTexts {
  language: string;
  direction: "ltr" | "rtl";
  vouching: string;
  vouchingByNobody: Sentence;
  vouchingByProvider(providerName: string, serviceName: string): Sentence;
  openInstead: string;
  doNotForward: string;
  footer(serviceName: string): Sentence;
  claim_link: MailText & {
    lead(serviceName: string): Sentence;
    requestedAt: string;
    ip: string;
    unknownIp: string;
    review: string;
    expiry(expiresAt: Moment): Sentence;
    notYou: string;
    thisWasNotMe: string;
  };
  agent_connected: MailText & {
    lead(serviceName: string): Sentence;
    connectedAt: string;
    scopes: string;
    manage: string;
    worksOnce: string;
  };
  agent_revoked: MailText & {
    lead(serviceName: string): Sentence;
    revokedAt: string;
    revokedBy: string;
    byYou: string;
    byService(serviceName: string): Sentence;
    byProvider: string;
    nothingToDo: string;
  };
  manage_link: MailText & {
    lead(serviceName: string): Sentence;
    manage: string;
    worksOnce: string;
    notYou: string;
  };
}

/** Keeps the names of templates and texts in step. */
type Complete = { [Name in MailTemplate]: MailText };

/** The mails in English. */
export const mailTexts: MailTexts & Complete = {
  language: "en",
  direction: "ltr",
  vouching: "Vouched for by",
  vouchingByNobody: sentence`Nobody. The agent registered by itself.`,
  vouchingByProvider: (providerName, serviceName) =>
    sentence`${providerName}, a provider that ${serviceName} trusts.`,
  openInstead: "If the button does not work, open this address:",
  doNotForward: "Do not forward this mail: whoever has the link can use it in your place.",
  footer: (serviceName) => sentence`This is an automatic mail from ${serviceName}.`,
  claim_link: {
    subject: (serviceName) => `An agent asks for access to ${serviceName}`,
    heading: (serviceName) => sentence`An agent asks for access to ${serviceName}`,
    lead: (serviceName) =>
      sentence`Somebody who is setting up an agent for ${serviceName} named this address. If that was you, look at the request and decide. Nothing happens unless you approve it.`,
    requestedAt: "Asked on",
    ip: "Asked from",
    unknownIp: "An unknown address",
    review: "Look at the request",
    expiry: (expiresAt) => sentence`The link works until ${expiresAt}.`,
    notYou: "If this was not you, ignore this mail, or end the request at once:",
    thisWasNotMe: "This wasn’t me",
  },
  agent_connected: {
    subject: (serviceName) => `An agent is connected to your ${serviceName} account`,
    heading: (serviceName) => sentence`An agent is connected to your ${serviceName} account`,
    lead: (serviceName) =>
      sentence`It can act for you at ${serviceName} from now on. If you do not recognise it, or no longer want it, disconnect it.`,
    connectedAt: "Since",
    scopes: "It may",
    manage: "Manage connected agents",
    worksOnce: "The link works once.",
  },
  agent_revoked: {
    subject: (serviceName) => `An agent was disconnected from your ${serviceName} account`,
    heading: (serviceName) => sentence`An agent was disconnected from your ${serviceName} account`,
    lead: (serviceName) => sentence`It can no longer act for you at ${serviceName}.`,
    revokedAt: "Ended on",
    revokedBy: "Ended by",
    byYou: "You, or somebody signed in as you",
    byService: (serviceName) => sentence`${serviceName}`,
    byProvider: "The provider that vouched for it",
    nothingToDo: "There is nothing left for you to do.",
  },
  manage_link: {
    subject: (serviceName) => `Your connected agents at ${serviceName}`,
    heading: (serviceName) => sentence`Your connected agents at ${serviceName}`,
    lead: (serviceName) =>
      sentence`Somebody asked for a link to the agents that are connected to your ${serviceName} account.`,
    manage: "Show connected agents",
    worksOnce: "The link works once.",
    notYou: "If this was not you, ignore this mail: nothing was changed.",
  },
};
