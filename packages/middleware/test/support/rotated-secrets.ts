/** Owns one service that is restarted under other secrets, with mail, on one database, at one time of day. */
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { type FixedClock, fixedClock } from "@agent-auth/middleware/testing";
import type { TestDatabase } from "./database.js";
import { linksOf, type MailServer, mailServer } from "./mail-server.js";
import { sender } from "./mail-world.js";
import { ownDatabase, stage } from "./stages.js";
import { type Person, pathOf, people, personHeader, type World } from "./world.js";

export const older = "the older secret of the rotation tests, long enough";
export const newer = "the newer secret of the rotation tests, long enough";

export interface Service {
  database: TestDatabase;
  server: MailServer;
  clock: FixedClock;
  /** An instance under these secrets. */
  under(...secrets: string[]): Promise<World>;
  /** Paths of mailed links with this parameter, newest first, after what is due was sent. */
  links(world: World, parameter: "claim_attempt_token" | "not_me" | "manage"): Promise<string[]>;
}

/** `login`: whether the host has one; without, people act from the links of their mail. */
export async function service({ login }: { login: boolean }): Promise<Service> {
  const database = await ownDatabase();
  const server = await mailServer();
  const clock = fixedClock();
  const accounts: AgentAuthOptions["accounts"] = {
    ...(login && {
      currentUser: (request) => people[request.get(personHeader) as Person] ?? null,
      loginUrl: (returnTo) => `/login?return_to=${encodeURIComponent(returnTo)}`,
    }),
    findById: (id) => Object.values(people).find((person) => person.id === id) ?? null,
    findByEmail: (email) =>
      Object.values(people).find((person) => person.email === email && person.emailVerified) ?? null,
  };
  return {
    database,
    server,
    clock,
    under: (...secrets) =>
      stage({
        options: {
          storage: database.storage,
          secrets,
          clock,
          accounts,
          mail: { smtp: server.url, from: sender },
        },
      }),
    async links(world, parameter) {
      await world.auth.sweep();
      const idOf = (link: URL) => Number(link.searchParams.get(parameter)?.split("_")[1]);
      return server.mails
        .flatMap(linksOf)
        .filter((link) => link.searchParams.has(parameter))
        .sort((one, other) => idOf(other) - idOf(one))
        .map(({ href }) => pathOf(href));
    },
  };
}
