/** Owns a host without a login: people act from the links of their mail. */
import { expect } from "@jest/globals";
import { type Asked, asked } from "./claim-visit.js";
import { changesNothing, type EventStage } from "./event-stage.js";
import { linksOf } from "./mail-server.js";
import { type MailWorld, mailWorld } from "./mail-world.js";
import { PageBrowser } from "./page-browser.js";
import { pathOf, type Response } from "./world.js";

export type MailboxInput = NonNullable<Parameters<typeof mailWorld>[0]>;

/** A host that cannot tell who is signed in, because nobody signs in. */
export function mailboxWorld({ accounts, ...input }: MailboxInput = {}): Promise<MailWorld> {
  return mailWorld({ ...input, accounts: { currentUser: undefined, loginUrl: undefined, ...accounts } });
}

/** Paths of the links of one mail. */
export interface MailedLinks {
  claim: string;
  deny: string;
}

/** Paths of every link with this parameter that was mailed, oldest mail first. */
async function mailed(stage: MailWorld, parameter: string): Promise<string[]> {
  await stage.deliver();
  const links = stage.server.mails.flatMap(linksOf).filter((link) => link.searchParams.has(parameter));
  const idOf = (link: URL) => Number(link.searchParams.get(parameter)?.split("_")[1]);
  return links.sort((one, other) => idOf(one) - idOf(other)).map((link) => pathOf(link.href));
}

/** The links of every claim mail. */
export async function claimLinks(stage: MailWorld): Promise<MailedLinks[]> {
  const [claims, denies] = [await mailed(stage, "claim_attempt_token"), await mailed(stage, "not_me")];
  return claims.map((claim, index) => ({ claim, deny: denies[index] as string }));
}

/** The links to pages of connected agents. */
export const manageLinks = (stage: MailWorld) => mailed(stage, "manage");

/** A claim that waits for whoever reads this mailbox, with the links of its mail. */
export async function mailedClaim(stage: MailWorld, body: object = {}): Promise<Asked & MailedLinks> {
  const visit = await asked(stage, body);
  return { ...visit, ...((await claimLinks(stage)).at(-1) as MailedLinks) };
}

/** A browser that has opened the link of the mail and pressed Continue. */
export async function provenBrowser(stage: MailWorld, { claim }: MailedLinks): Promise<PageBrowser> {
  const browser = new PageBrowser(stage);
  expect((await browser.press(claim)).status).toBe(303);
  expect(browser.cookies.size).toBe(1);
  return browser;
}

/** Sends a request that must leave database, host and outbox as they were, but for these audit events. */
export async function leavesAll(
  stage: EventStage & Pick<MailWorld, "outbox" | "deliver">,
  send: () => PromiseLike<Response>,
  noted: string[] = [],
): Promise<Response> {
  // A mail that is on its way would be noted as sent meanwhile.
  if ((await stage.outbox()).some(({ sentAt, failedAt }) => sentAt === null && failedAt === null))
    await stage.deliver();
  const before = await stage.outbox();
  const response = await changesNothing(stage, send, { noted });
  expect(await stage.outbox()).toEqual(before);
  return response;
}

/** So many of the same at once. */
export const together = <Answer>(count: number, send: (index: number) => PromiseLike<Answer>) =>
  Promise.all(Array.from({ length: count }, (_, index) => send(index)));

/** Holds calls of this verb until so many have arrived, so that each has looked before the first of them acts. */
export function gatherAt(stage: EventStage, verb: string, count: number): void {
  let arrived = 0;
  let open = () => {};
  const all = new Promise<void>((resolve) => {
    open = resolve;
  });
  stage.steps.before = (name) => {
    if (name !== verb) return undefined;
    arrived += 1;
    if (arrived >= count) open();
    return all;
  };
}
