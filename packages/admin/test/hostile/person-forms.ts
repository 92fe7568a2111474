/** Owns the forms of the pages of people: claims that wait, agents that are connected, and the links of mails. */
import type { Stage } from "../support/stage.js";
import { FormBrowser, type GoodForm } from "./forms.js";
import type { Host } from "./host.js";

export type Doors = Map<string, GoodForm[]>;

/** Claims that wait at the same time. */
const claims = 12;
/** Agents that are connected. */
const connected = 4;

const pathOf = (address: string): string => {
  const { pathname, search } = new URL(address);
  return pathname + search;
};

/** Asks for a person's yes: the path of the claim page, and the code the agent shows. */
async function openClaim({ agent }: Stage, address: string) {
  const { body } = await agent
    .post("/agent/identity")
    .send({ type: "service_auth", login_hint: address, client_name: "Trip Planner" })
    .expect(200);
  return { path: pathOf(body.claim.verification_uri), code: body.claim.user_code as string };
}

/** The form with this in the field. */
const filled = (form: GoodForm, name: string, value: string): GoodForm => ({
  ...form,
  fields: form.fields.map((field) => (field.name === name ? { ...field, values: [value] } : field)),
});

/** The forms of somebody who is signed in at the host: of claims, and of what they have connected. */
export async function signedInForms(on: Stage, person: FormBrowser, address: string): Promise<Doors> {
  const waiting: GoodForm[] = [];
  for (let count = 0; count < claims + connected; count += 1) {
    const { path, code } = await openClaim(on, address);
    for (const form of await person.forms(path)) waiting.push(filled(form, "user_code", code));
  }
  for (const form of waiting.splice(0, connected)) await person.send(form);
  return new Map([
    ["claim", waiting],
    ["connected", await person.forms("/agent/connected")],
  ]);
}

/** The forms that the links of mails lead to, by what the link is for. */
export async function mailedForms(on: Stage, mails: readonly string[]): Promise<Doors> {
  const doors: Doors = new Map();
  for (const [address] of mails.join("\n").matchAll(/https:\/\/\S+/g)) {
    const path = pathOf(address);
    const door = /\?(\w+)=/.exec(path)?.[1];
    // Each in a browser of its own: what one link opens is shown to nobody else.
    const forms = door === undefined ? [] : await new FormBrowser(on.agent).forms(path);
    if (door !== undefined && forms.length > 0) doors.set(door, [...(doors.get(door) ?? []), ...forms]);
  }
  return doors;
}

/** Asks somebody without a login for their yes, by mail. */
async function mailedClaim(on: Host, address: string) {
  on.mails.length = 0;
  const claim = await openClaim(on, address);
  await on.auth.sweep();
  return { ...claim, mails: [...on.mails] };
}

/** The form somebody sees who has opened the link of a claim mail. */
async function provenForm(on: Host, address: string): Promise<GoodForm[]> {
  const { mails, code } = await mailedClaim(on, address);
  const [link] = /https:\/\/\S+\?claim_attempt_token=\S+/.exec(mails.join("\n")) ?? [];
  const browser = new FormBrowser(on.agent);
  const path = pathOf(link ?? "");
  for (const form of await browser.forms(path)) await browser.send(form);
  return (await browser.forms(path)).map((form) => filled(form, "user_code", code));
}

/** Every form of a host without a login, whose people act from the links of their mail. */
export async function formsWithoutLogin(on: Host, address: string): Promise<Doors> {
  const visitor = new FormBrowser(on.agent);
  const [mails, proven, checkMail]: [string[], GoodForm[], GoodForm[]] = [[], [], []];
  for (const form of await provenForm(on, address)) await new FormBrowser(on.agent, form.headers).send(form);
  for (let count = 0; count < claims / 2; count += 1) {
    proven.push(...(await provenForm(on, address)));
    const claim = await mailedClaim(on, address);
    checkMail.push(...(await visitor.forms(claim.path)));
    mails.push(...claim.mails);
  }
  on.mails.length = 0;
  const sendLink = await visitor.forms("/agent/connected");
  for (let count = 0; count < claims / 2; count += 1)
    for (const form of sendLink) await visitor.send(form, { email: address });
  await on.auth.sweep();
  return new Map([
    ...(await mailedForms(on, [...mails, ...on.mails])),
    ["proven", proven],
    ["check_mail", checkMail],
    ["send_link", sendLink],
  ]);
}
