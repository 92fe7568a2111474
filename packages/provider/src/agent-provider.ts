/**
 * The composition root: the only file that knows every part. Read next: `http/router.ts` for the doors, `flows/` for
 * what happens behind each, `protocol/` for the rules.
 */
import { isLoopback } from "@agent-auth/web/addresses";
import { writeReply } from "@agent-auth/web/reply";
import type { NextFunction, Request, Response } from "express";
import { createServices } from "./create-services.js";
import type { FlowContext } from "./flows/context.js";
import { deliverEvent, deliverEvents } from "./flows/deliver-events.js";
import type { AgentProvider } from "./handle.js";
import { createPlaces } from "./http/place.js";
import { dispatch, failureReply, type Place, routes } from "./http/router.js";
import { deriveKeys } from "./keys/derived-keys.js";
import { SigningKeys } from "./keys/signing-keys.js";
import { createGuardedFetch } from "./net/guarded-fetch.js";
import { type AgentProviderOptions, parseOptions } from "./options.js";
import { createProgrammaticApi } from "./programmatic-api.js";
import { OAuthRefusal, PageRefusal } from "./protocol/errors.js";
import { openSqlite } from "./storage/open.js";
import { systemClock } from "./system/clock.js";
import { quietLogger } from "./system/logger.js";
import { systemRandom } from "./system/random.js";
import { startTimer } from "./system/timers.js";

const deliverEverySeconds = 5;
const sweepEverySeconds = 60;

/**
 * Creates a small identity provider for development and tests. Throws `OptionsError` for bad options, and an error
 * that says what to do when the SQLite file cannot be opened; everything else settles `ready()`.
 */
export function agentProvider(options: AgentProviderOptions): AgentProvider {
  const settings = parseOptions(options);
  const { issuer, lifetimes } = settings;
  const logger = settings.logger ?? quietLogger;
  const clock = settings.clock ?? systemClock;
  const random = settings.random ?? systemRandom;
  const isWeakened = settings.dangerouslyAllowHttpIssuer || settings.dangerouslyAllowPrivateNetwork;
  if (isWeakened && !isLoopback(new URL(issuer)))
    logger.warn({ issuer }, "a dangerously… option is on for an issuer that is not a loopback address");
  const store = openSqlite(settings.storage.slice("sqlite:".length));
  const keys = new SigningKeys({
    store,
    clock,
    random,
    encryptionKeys: deriveKeys(settings.secrets, "signing-key-encryption"),
    firstAlgorithm: settings.keyAlgorithm,
    longestLifetimeSeconds: Math.max(lifetimes.idJagSeconds, lifetimes.subjectTokenSeconds),
  });
  const context: FlowContext = {
    store,
    clock,
    random,
    keys,
    logger,
    issuer,
    lifetimes,
    fetch: createGuardedFetch({ allowPrivateNetwork: settings.dangerouslyAllowPrivateNetwork }),
    users: settings.users,
    clients: settings.clients,
    audiencePolicy: {
      issuer,
      allowed: settings.audiences,
      allowHttp: settings.dangerouslyAllowPrivateNetwork,
    },
    idJagClientId: settings.idJagClientId,
  };

  /** Work that outlives the request that started it; `close` waits for it. */
  const underWay = new Set<Promise<void>>();
  const inBackground = (work: Promise<void>): Promise<void> => {
    const settled = work.catch((error: unknown) => {
      logger.error({ error }, "background work failed, will be tried again");
    });
    underWay.add(settled);
    return settled.finally(() => underWay.delete(settled));
  };
  const whenIdle = async () => {
    await Promise.all(underWay);
  };
  const deliver = (jti: string) => inBackground(deliverEvent(context, jti));

  const services = createServices({ settings, context, algorithms: () => keys.algorithms(), deliver });
  const places = createPlaces(issuer, services.stylesheetPath);
  const started = keys.start();
  started.catch((error: unknown) => logger.error({ error }, "agentProvider cannot start"));
  const ready = () => started;

  const stopTimers = settings.backgroundWork
    ? [
        startTimer(deliverEverySeconds, () => inBackground(ready().then(() => deliverEvents(context)))),
        startTimer(sweepEverySeconds, () =>
          inBackground(
            ready().then(() => {
              store.sweep(clock.now());
              keys.forgetOldKeys();
            }),
          ),
        ),
      ]
    : [];

  /** Answers on one of our places as soon as we can; 503 if we never will. */
  const serve = (place: Place, request: Request, response: Response) => {
    const isPublic = routes.some((route) => route.place === place && route.audience === "public");
    void ready().then(
      () => dispatch(services, place, request, response),
      () => {
        const refusal = isPublic
          ? new OAuthRefusal("temporarily_unavailable", "This provider could not start; its log says why.")
          : new PageRefusal("unavailable");
        writeReply(request, response, failureReply(services, isPublic, refusal, request));
      },
    );
  };
  const middleware = (request: Request, response: Response, next: NextFunction) => {
    const place = places.find(request);
    if (place === null) next();
    else serve(place, request, response);
  };

  return Object.assign(middleware, {
    issuer,
    wellKnown: (request: Request, response: Response, next: NextFunction) => {
      const place = places.findWellKnown(request);
      if (place === null) next();
      else serve(place, request, response);
    },
    ready,
    close: async () => {
      for (const stop of stopTimers) stop();
      await ready().catch(() => {});
      await whenIdle();
      store.close();
    },
    ...createProgrammaticApi({ context, ready, deliver, whenIdle }),
  });
}
