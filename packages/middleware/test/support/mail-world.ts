/** Owns worlds that send mail: one with everything of `event-stage.ts`, and many on one outbox. */
import type { AgentAuthOptions, Store } from "@agent-auth/middleware";
import type { FixedClock } from "@agent-auth/middleware/testing";
import type { QueuedMail } from "../../src/protocol/model.js";
import type { TestDatabase } from "./database.js";
import { type EventStage, type EventStageInput, eventStage } from "./event-stage.js";
import { type MailServer, mailServer } from "./mail-server.js";
import { stage } from "./stages.js";
import type { World } from "./world.js";

export type MailOptions = Partial<NonNullable<AgentAuthOptions["mail"]>>;
export const sender = "Example Notes <no-reply@notes.example>";

export interface MailWorld extends EventStage {
  server: MailServer;
  /** One round of the outbox, after whatever is under way. */
  deliver(): Promise<void>;
  outbox(): Promise<QueuedMail[]>;
}

/** A world that mails through a server of its own, unless it is given one or a transport. */
export async function mailWorld({
  mail = {},
  server,
  ...input
}: EventStageInput & { mail?: MailOptions; server?: MailServer } = {}): Promise<MailWorld> {
  const listening = server ?? (await mailServer());
  const route = mail.transport === undefined ? { smtp: listening.url } : {};
  const options = { ...input.options, mail: { ...route, from: sender, ...mail } };
  const opened = await eventStage({ ...input, options });
  return {
    ...opened,
    server: listening,
    deliver: () => opened.auth.sweep(),
    outbox: () => outboxOf(opened.store, opened.database),
  };
}

/** Every mail of an outbox, oldest first. */
export async function outboxOf(store: Store, database: TestDatabase): Promise<QueuedMail[]> {
  const rows = await database.rows("mail_outbox");
  const mails = await Promise.all(rows.map(({ id }) => store.findMail(Number(id))));
  return mails.filter((mail) => mail !== null);
}

/** Instances that share stores, each with a sender of its own. */
export function instances(
  count: number,
  stores: Store[],
  server: MailServer,
  clock: FixedClock,
): Promise<World[]> {
  const storeOf = (index: number) => stores[index % stores.length] as Store;
  return Promise.all(
    Array.from({ length: count }, (_, index) =>
      stage({ options: { storage: storeOf(index), clock, mail: { smtp: server.url, from: sender } } }),
    ),
  );
}
