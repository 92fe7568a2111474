/**
 * The composition root: the only file that knows every part. Read next: `http/router.ts` for the doors, `flows/` for
 * what happens behind each, `protocol/` for the rules.
 */
import type { NextFunction, Request, Response } from "express";
import { createAdminSurface, createAdminWork, createOutcomeCounter } from "./admin-surface.js";
import { EventAnnouncer } from "./flows/announce-events.js";
import type { IdentityContext } from "./flows/identity-context.js";
import { sweep } from "./flows/sweep.js";
import type { AgentAuth } from "./handle.js";
import { watchForChallenge } from "./http/challenge-hook.js";
import { dispatch } from "./http/dispatch.js";
import { createErrorHandler } from "./http/error-handler.js";
import { Limits } from "./http/limits.js";
import { createPlaces } from "./http/place.js";
import { createProxyCheck } from "./http/proxy-check.js";
import { holdBody } from "./http/request-body.js";
import { createGuards, type GuardParts } from "./http/require-agent.js";
import type { Place } from "./http/router.js";
import type { Services } from "./http/services.js";
import { shareShape } from "./http/shared-shape.js";
import { deriveKeys, type KeyPurpose } from "./keys/derived-keys.js";
import { OwnKeys } from "./keys/own-keys.js";
import { createProviderDocuments } from "./keys/provider-documents.js";
import { observe } from "./observation.js";
import { type AgentAuthOptions, parseOptions } from "./options.js";
import { createOutbox, prepareMail } from "./outgoing-mail.js";
import { authMdValues } from "./protocol/auth-md.js";
import { endpointsOf } from "./protocol/endpoints.js";
import { pathOf } from "./protocol/issuer.js";
import { mergeMetadata, resourceMetadata, serverMetadata } from "./protocol/metadata.js";
import { createRegistrationSurface } from "./registration-surface.js";
import { openStorage } from "./storage/open.js";
import { startBackgroundWork } from "./system/background-work.js";
import { systemClock } from "./system/clock.js";
import { createLog, redacted } from "./system/log.js";
import { quietLogger } from "./system/logger.js";
import { systemRandom } from "./system/random.js";
import { startUp } from "./system/startup.js";
import { UseRecorder } from "./system/use-recorder.js";
import { renderAuthMd } from "./views/auth-md.js";
import { createRenderer, pageStylesheet } from "./views/render.js";

const flushEverySeconds = 10;
const sweepEverySeconds = 60;
/** Longer than from one sweep to the next, so that whoever was elected stays it. */
const electedForSeconds = 90;
const mailEverySeconds = 5;
const jobsEverySeconds = 5;
/** Batches of jobs in one round of `sweep`, which must end. */
const batchesPerSweep = 40;

/**
 * Creates the middleware that lets agents register with this API. Throws `OptionsError` for bad options, and an error
 * that says what to do when the SQLite file cannot be opened or a template used; everything else settles `ready()`.
 */
export function agentAuth(options: AgentAuthOptions): AgentAuth {
  const settings = parseOptions(options);
  const logger = createLog(settings.logger ?? quietLogger);
  const clock = settings.clock ?? systemClock;
  const random = settings.random ?? systemRandom;
  const mailParts = prepareMail(settings);
  const { css, fingerprint } = pageStylesheet();
  const stylesheetPath = `${settings.paths.claimPage}/pages-${fingerprint}.css`;
  const renderPage = createRenderer(
    {
      serviceName: settings.resourceName,
      stylesheetPath: pathOf(settings.baseUrl) + stylesheetPath,
      themeStylesheetPath: settings.theme.stylesheetUrl ?? null,
    },
    settings.theme.templates ?? null,
  );
  const { store, queries, jobs, reach } = openStorage(settings.storage, settings.durability);
  if (settings.secrets === null)
    logger.warn(
      {},
      "no secrets given: using the public development secret, which is for loopback issuers only",
    );

  const { observation, stop: stopObserving } = observe(settings, { random, queries });
  const { metrics } = observation;
  const endpoints = endpointsOf(settings);
  const keysFor = (purpose: KeyPurpose) => {
    const [current, ...older] = deriveKeys(settings.secrets, purpose);
    return [current.key, ...older.map(({ key }) => key)] as const;
  };
  const assertionKeys = new OwnKeys({
    store,
    clock,
    random,
    encryptionKeys: deriveKeys(settings.secrets, "signing-key-encryption"),
  });
  const announcer = new EventAnnouncer({ store, clock, logger });
  const context: IdentityContext = {
    store,
    clock,
    random,
    assertionKeys,
    settings,
    endpoints,
    keys: {
      userCode: keysFor("user-code"),
      readBackCode: keysFor("read-back-code"),
      refreshToken: keysFor("refresh-token"),
      mailLink: keysFor("mail-link"),
    },
    announcer,
    metrics,
    mailCaps: settings.mail,
    outbox: { committed: () => outbox.committed() },
    accounts: settings.accounts,
    trustedProviders: settings.trustedProviders,
    countOutcome: createOutcomeCounter(queries, logger),
    provisioning: new Map(),
    audiences: settings.acceptResourceAudience ? [settings.issuer, settings.resource] : [settings.issuer],
    providers: createProviderDocuments({
      clock,
      logger,
      metrics,
      allowPrivateNetwork: settings.dangerouslyAllowPrivateNetwork,
    }),
  };
  const outbox = createOutbox(mailParts, context, { scopeDescriptions: settings.scopes, logger });

  const ourServerMetadata = serverMetadata(settings, endpoints);
  const ourAuthMd = renderAuthMd(authMdValues(settings, endpoints));
  const services: Services = {
    context,
    ...observation,
    limits: new Limits(store, settings.limits, metrics, logger),
    ready: () => startup.reached(),
    accounts: settings.accounts,
    logger,
    csrfKeys: keysFor("page-csrf"),
    proofKeys: keysFor("mailbox-proof"),
    renderPage,
    stylesheet: { css, path: stylesheetPath },
    documents: {
      resourceMetadata: () => resourceMetadata(settings),
      serverMetadata: () =>
        settings.extendMetadata?.(structuredClone(ourServerMetadata)) ?? ourServerMetadata,
      authMd: () => ourAuthMd,
    },
    scopeDescriptions: settings.scopes,
    isHttps: new URL(settings.baseUrl).protocol === "https:",
    origin: new URL(settings.baseUrl).origin,
  };
  const places = createPlaces(settings, endpoints, stylesheetPath);

  const startup = startUp(async () => {
    await reach();
    await assertionKeys.start();
  }, logger);
  const ready = () => startup.reached();
  const uses = new UseRecorder({ store, clock, logger });
  const guardParts: GuardParts = {
    context,
    accounts: settings.accounts,
    logger,
    ready,
    noteOf: (scopes) => uses.noteOf(scopes),
    ...observation,
  };

  const adminParts = { context, settings, queries, jobs, logger };
  const adminWork = createAdminWork(adminParts);

  // Not of `random`, which a host may have seeded alike for all.
  const instance = systemRandom.bytes(16).toString("hex");
  const isElected = () => store.takeLease({ name: "sweeper", holder: instance, seconds: electedForSeconds });
  const sweepOnce = async (mayEnd: () => Promise<boolean>) => {
    await ready();
    await uses.flush();
    await sweep(context, mayEnd);
    await announcer.announce();
  };
  const inBackground = (run: () => Promise<void>) => () =>
    run().catch((error: unknown) => logger.warn({ error }, "background work failed, will be tried again"));
  const stopBackgroundWork = settings.backgroundWork
    ? startBackgroundWork(
        [
          { everySeconds: flushEverySeconds, run: inBackground(() => uses.flush()) },
          { everySeconds: sweepEverySeconds, run: inBackground(() => sweepOnce(isElected)) },
          ...(jobs === null ? [] : [{ everySeconds: jobsEverySeconds, run: () => adminWork.work() }]),
          ...(mailParts === null ? [] : [{ everySeconds: mailEverySeconds, run: () => outbox.send() }]),
        ],
        () => random.bytes(1).readUInt8() / 255,
      )
    : () => {};

  const checkProxy = createProxyCheck(logger);
  /** Answers on one of our places as soon as the instance can; 503 if it never will. */
  const serve = (place: Place, request: Request, response: Response) => {
    const release = holdBody(request);
    checkProxy(request);
    void dispatch(services, place, request, response)
      .catch((error: unknown) => logger.error({ error }, "a request could not be answered"))
      .finally(release);
  };
  const challenge = { metadataUrl: endpoints.resourceMetadata, isWanted: settings.challenge };
  const middleware = (request: Request, response: Response, next: NextFunction) => {
    shareShape(request);
    shareShape(response);
    const place = places.find(request);
    if (place !== null) return serve(place, request, response);
    watchForChallenge(request, response, challenge);
    next();
  };
  return Object.assign(middleware, {
    ...createGuards(guardParts, Object.keys(settings.scopes)),
    wellKnown: (request: Request, response: Response, next: NextFunction) => {
      const place = places.findWellKnown(request);
      if (place === null) next();
      else serve(place, request, response);
    },
    errorHandler: createErrorHandler(services, places),
    extendMetadata: (document: Record<string, unknown>) => mergeMetadata(document, ourServerMetadata),
    ...createRegistrationSurface({ context, announcer, ready }),
    admin: createAdminSurface({ ...adminParts, work: adminWork, redacted, ready }),
    ready: () => startup.ready(),
    health: async () => {
      const database = await store.ping().then(
        () => true,
        () => false,
      );
      const isReady = await ready().then(
        () => true,
        () => false,
      );
      return { ok: database && isReady, database };
    },
    sweep: async () => {
      await sweepOnce(async () => true);
      await adminWork.work(batchesPerSweep);
      await outbox.send();
    },
    close: async () => {
      stopBackgroundWork();
      stopObserving();
      await adminWork.stop();
      await outbox.close();
      await startup.stop();
      await uses.flush();
      await store.close();
    },
  });
}
