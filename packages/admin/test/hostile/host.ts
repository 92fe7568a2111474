/** Owns the host that is attacked: its people, its operators, its mail, and the agents somebody relies on. */
import type { AgentAuthOptions, HostUser } from "@agent-auth/middleware";
import type { Role } from "../../src/options.js";
import { identify, type ProviderStage, providerStage } from "../support/provider.js";
import {
  anonymousAgent,
  claimedAgent,
  operatorHeader,
  people,
  type Stage,
  settleClaim,
} from "../support/stage.js";
import { deskHeader } from "./dashboard-forms.js";

export const personHeader = "x-test-person";
const person = (name: string) => ({
  ...{ id: `usr_${name}`, email: `${name}@example.com` },
  ...{ emailVerified: true, name },
});
/** Nobody but she sends forms of ours: what anybody else is said to have done got past a guard. */
export const carla = person("carla");
/** She has forms open, and others send them in her name, without their token. */
export const dora = person("dora");
const everybody: Record<string, HostUser> = { ...people, carla, dora };
/** Mail to this address is refused. */
export const deadAddress = "dead@example.com";

export interface Host extends ProviderStage {
  /** The texts of all mails. */
  mails: string[];
}

const accounts = (hasLogin: boolean): AgentAuthOptions["accounts"] => ({
  findById: (id) => Object.values(everybody).find((person) => person.id === id) ?? null,
  findByEmail: (email) => Object.values(everybody).find((person) => person.email === email) ?? null,
  ...(hasLogin
    ? {
        currentUser: (request) => everybody[request.get(personHeader) ?? ""] ?? null,
        loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
      }
    : {}),
});

const operatorOf = (id: string, role: string) => ({ id: `${id}_${role}`, name: "Olga", role: role as Role });

/** A host with a provider it trusts. Without a login, people act from the links of their mail. */
export async function host({ hasLogin }: { hasLogin: boolean }): Promise<Host> {
  const mails: string[] = [];
  const transport = {
    async sendMail({ to, text }: { to: string; text: string }) {
      if (to === deadAddress)
        throw Object.assign(new Error("no such mailbox"), { code: "EENVELOPE", responseCode: 550 });
      mails.push(text);
    },
  };
  const often = 1_000_000;
  const caps = { perAddressPerHour: often, perAddressPerDay: often, perIpPerHour: often };
  const on = await providerStage({
    options: {
      accounts: accounts(hasLogin),
      mail: { transport, from: "Notes <no-reply@notes.example>", ...caps },
      ceremony: "both",
    } as Partial<AgentAuthOptions>,
    admin: {
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
      authorize: (request) => {
        const [desk, claimed] = [request.get(deskHeader), request.get(operatorHeader)];
        if (desk !== undefined) return operatorOf("desk", desk);
        return claimed === undefined ? null : operatorOf("op", claimed);
      },
    },
  });
  return { ...on, mails };
}

/** Secrets that work, of agents nobody relies on: what a thief would have. */
export async function stolenSecrets(on: Stage): Promise<string[]> {
  const [anonymous, claimed] = [await anonymousAgent(on), await claimedAgent(on, "bob")];
  const registered = await on.agent.post("/agent/identity").send({ type: "anonymous" }).expect(200);
  const pending = await on.agent
    .post("/agent/identity")
    .send({ type: "service_auth", login_hint: "bob@example.com" })
    .expect(200);
  const link = new URL(pending.body.claim.verification_uri);
  return [
    ...[anonymous.id, anonymous.token, claimed.id, claimed.token],
    ...[registered.body.identity_assertion, registered.body.claim_token],
    ...[pending.body.claim_token, link.searchParams.get("claim_attempt_token") as string],
  ];
}

/** What there is for operators to look at: somebody linked by the provider, and a mail that was refused. */
export async function populate(on: Host): Promise<void> {
  const asked = await identify(on, on.idJag({ sub: "person-bob", email: people.bob?.email }));
  await settleClaim(on, "bob", asked.body);
  await on.agent.post("/agent/identity").send({ type: "service_auth", login_hint: deadAddress }).expect(200);
  await on.auth.sweep();
}
