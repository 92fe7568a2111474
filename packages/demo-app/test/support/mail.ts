/** Owns people's mail: what the demo captured for them, and the links in it. */
import { press } from "./approve.js";
import type { Browser, Page } from "./browser.js";

export interface ReceivedMail {
  to: string;
  subject: string;
  text: string;
  html: string;
}

/** Mail the demo captured, newest last. */
export async function outbox(baseUrl: string): Promise<ReceivedMail[]> {
  const response = await fetch(`${baseUrl}/dev/outbox.json`);
  return (await response.json()) as ReceivedMail[];
}

const patienceMilliseconds = 10_000;

/** Looks again and again, because mail is sent after the answer. */
export async function eventually<Found>(
  look: () => Promise<Found | undefined>,
  what: string,
): Promise<Found> {
  const deadline = Date.now() + patienceMilliseconds;
  while (Date.now() < deadline) {
    const found = await look();
    if (found !== undefined) return found;
    await new Promise(setImmediate);
  }
  throw new Error(`${what} did not come`);
}

/** The newest mail to somebody whose subject says so, once there are `count` of them. */
export function mailTo(baseUrl: string, to: string, subject: RegExp, count = 1): Promise<ReceivedMail> {
  return eventually(async () => {
    const mails = (await outbox(baseUrl)).filter((mail) => mail.to === to && subject.test(mail.subject));
    return mails.length >= count ? mails.at(-1) : undefined;
  }, `A mail to ${to} about ${subject}`);
}

export const subjects = {
  claimLink: /^An agent asks for access/,
  connected: /^An agent is connected/,
  revoked: /^An agent was disconnected/,
};

const linkIn = (mail: ReceivedMail, pattern: RegExp): string => {
  const [link] = pattern.exec(mail.text) ?? [];
  if (link === undefined) throw new Error(`The mail has no such link: ${mail.text}`);
  return link;
};
export const claimLinkIn = (mail: ReceivedMail) =>
  linkIn(mail, /http\S+\/agent\/claim\?claim_attempt_token=\S+/);
export const manageLinkIn = (mail: ReceivedMail) => linkIn(mail, /http\S+\/agent\/connected\?\S+/);

/** Follows the link of a mail and presses Continue. */
export async function follow(browser: Browser, link: string): Promise<Page> {
  return press(browser, await browser.get(link));
}
