/** Owns what every flow is handed. */
import type { Clock, GuardedFetch, Keys, Logger, Random, Store } from "../ports.js";
import type { AudiencePolicy } from "../protocol/audience.js";
import type { Client, User } from "../protocol/model.js";

export interface FlowContext {
  store: Store;
  clock: Clock;
  random: Random;
  keys: Keys;
  fetch: GuardedFetch;
  logger: Logger;
  issuer: string;
  users: readonly User[];
  clients: readonly Client[];
  audiencePolicy: AudiencePolicy;
  idJagClientId: "issuer" | "client";
  lifetimes: {
    idJagSeconds: number;
    subjectTokenSeconds: number;
    sessionSeconds: number;
    sessionIdleSeconds: number;
    deviceCodeSeconds: number;
    allowOnceSeconds: number;
  };
}

export function findUser(context: FlowContext, id: string): User | null {
  return context.users.find((user) => user.id === id) ?? null;
}
