/** Owns what tests and operators do without a browser: the part of the handle that is not middleware. */

import { type FlowContext, findUser } from "./flows/context.js";
import { deliverEvents } from "./flows/deliver-events.js";
import { mintIdJag } from "./flows/mint-id-jag.js";
import { signSubjectToken } from "./flows/poll-device-grant.js";
import { queueEvent, revokeDelegation } from "./flows/queue-event.js";
import type { AgentProvider, EventStatus } from "./handle.js";
import type { Client, User } from "./protocol/model.js";
import { revokedEvent } from "./protocol/tokens.js";

type Api = Pick<
  AgentProvider,
  "rotateKeys" | "createSubjectToken" | "mintIdJag" | "revoke" | "sendEvent" | "flushEvents"
>;

export function createProgrammaticApi(parts: {
  context: FlowContext;
  ready: () => Promise<void>;
  deliver: (jti: string) => Promise<void>;
  /** Settles when no delivery is under way. */
  whenIdle: () => Promise<void>;
}): Api {
  const { context, ready, deliver, whenIdle } = parts;
  const { store, clock } = context;

  function userOf(id: string): User {
    const user = findUser(context, id);
    if (user === null) throw new TypeError(`"${id}" is not the id of one of the users.`);
    return user;
  }

  function clientOf(id: string | undefined): Client {
    const client =
      id === undefined ? context.clients[0] : context.clients.find(({ clientId }) => clientId === id);
    if (client === undefined) throw new TypeError(`"${id}" is not the client_id of one of the clients.`);
    return client;
  }

  async function statusAfterFirstTry(jti: string): Promise<EventStatus> {
    await deliver(jti);
    const event = store.findEvent(jti);
    if (event === null) throw new Error(`The event ${jti} is gone.`);
    const { status, attempts, problem, nextTryAt } = event;
    return { jti, status, attempts, problem, nextTryAt };
  }

  return {
    rotateKeys: async ({ alg, immediately } = {}) => {
      await ready();
      return context.keys.rotate({
        ...(alg === undefined ? {} : { algorithm: alg }),
        ...(immediately === undefined ? {} : { immediately }),
      });
    },
    createSubjectToken: async (userId, { clientId, authTime } = {}) => {
      await ready();
      return signSubjectToken(context, {
        user: userOf(userId),
        clientId: clientOf(clientId).clientId,
        authTime: authTime ?? clock.now(),
      });
    },
    mintIdJag: async ({ userId, clientId, resource = [], authTime, ...input }) => {
      await ready();
      const now = clock.now();
      store.recordMint(userOf(userId).id, input.audience, now);
      return mintIdJag(context, {
        ...input,
        user: userOf(userId),
        client: clientOf(clientId),
        resources: typeof resource === "string" ? [resource] : resource,
        authTime: authTime ?? now,
        now,
      });
    },
    revoke: async ({ userId, audience }) => {
      await ready();
      return statusAfterFirstTry(revokeDelegation(context, { userId: userOf(userId).id, audience }));
    },
    sendEvent: async ({ type = revokedEvent, ...input }) => {
      await ready();
      return statusAfterFirstTry(queueEvent(context, { ...input, userId: userOf(input.userId).id, type }));
    },
    flushEvents: async (input) => {
      await ready();
      // What is being tried already is not tried a second time, but waited for.
      await whenIdle();
      await deliverEvents(context, input);
    },
  };
}
