/** Owns the assembly of `auth.admin` and of the worker behind its jobs. */
import type { AdminSurface, OperatorAction } from "./admin-handle.js";
import type { AdminJobs } from "./admin-jobs-port.js";
import type { AdminQueries } from "./admin-queries-port.js";
import { accountAt } from "./flows/account-at.js";
import * as providers from "./flows/admin-providers.js";
import * as single from "./flows/admin-registration.js";
import { endRegistration, resumeRegistration, suspendRegistration } from "./flows/end-registration.js";
import type { IdentityContext } from "./flows/identity-context.js";
import { retryMail } from "./flows/retry-mail.js";
import { JobWorker } from "./flows/run-jobs.js";
import { findStartedJob, startJob } from "./flows/start-job.js";
import { tryIdJag } from "./flows/try-id-jag.js";
import type { Settings } from "./options.js";
import type { Logger } from "./ports.js";
import { parseLoginHint } from "./protocol/login-hint.js";
import type { Hashed } from "./protocol/model.js";
import { statusOf } from "./protocol/state.js";
import { parseProvider } from "./provider-options.js";
import { settingsView } from "./settings-view.js";

interface Parts {
  context: IdentityContext;
  settings: Readonly<Settings>;
  /** Both or neither: stores of one's own have none. */
  queries: AdminQueries | null;
  jobs: AdminJobs | null;
  logger: Logger;
  redacted: (fields: object) => object;
  ready: () => Promise<void>;
}

/** The jobs of one instance. */
export interface AdminWork {
  /** See `JobWorker.work`. */
  work(batches?: number): Promise<void>;
  stop(): Promise<void>;
}

/** The worker; one with nothing to do where there are no jobs. */
export function createAdminWork({
  context,
  queries,
  jobs,
  logger,
}: Omit<Parts, "ready" | "redacted">): AdminWork {
  if (queries === null || jobs === null) return { async work() {}, async stop() {} };
  return new JobWorker({ context, queries, jobs, logger });
}

/** Counts in the background: after the answer is on its way, and whatever comes of it. */
export function createOutcomeCounter(
  queries: AdminQueries | null,
  logger: Logger,
): IdentityContext["countOutcome"] {
  if (queries === null) return () => {};
  return (outcome) => {
    setImmediate(() => {
      queries
        .countOutcome(outcome)
        .catch((error: unknown) => logger.debug({ error }, "an outcome was not counted"));
    });
  };
}

export function createAdminSurface(parts: Parts & { work: AdminWork }): AdminSurface {
  const { context, settings, queries, work } = parts;
  const { store, clock, accounts } = context;
  /** The flows that need `AdminJobs` get them, or the caller learns why not. */
  const changing = async () => {
    await parts.ready();
    if (parts.jobs === null)
      throw new Error(
        "This needs the built-in storage (`sqlite:…` or `postgres:…`): a store of your own has no jobs.",
      );
    return { ...context, jobs: parts.jobs };
  };
  const intervene =
    (run: typeof suspendRegistration) =>
    async (registrationId: string, action: OperatorAction): Promise<boolean> => {
      await parts.ready();
      const actor = { kind: "operator", id: action.operatorId } as const;
      return run(context, { registrationId, actor, reason: single.reasonOf(action), ip: action.ip });
    };
  const parse: providers.ParseProvider = (given) => parseProvider({ ...given }, settings);
  const inspect = providers.createInspection(context, parse);

  return {
    queries,
    now: () => clock.now(),
    async findRegistration(id) {
      await parts.ready();
      const registration = await store.findRegistration(id);
      return registration === null ? null : { registration, status: statusOf(registration, clock.now()) };
    },
    async findUserByEmail(email) {
      const address = parseLoginHint(email);
      return address === null ? null : ((await accountAt({ accounts }, address))?.id ?? null);
    },

    revoke: intervene((flow, input) => endRegistration(flow, { ...input, as: "revoked" })),
    suspend: intervene(suspendRegistration),
    resume: intervene(resumeRegistration),
    narrowScopes: async (registrationId, scopes, operator) =>
      single.narrowScopes(await changing(), { registrationId, scopes, operator }),
    setEndDate: async (registrationId, endsAt, operator) =>
      single.setEndDate(await changing(), { registrationId, endsAt, operator }),
    async revokeToken(tokenHash, operator) {
      await parts.ready();
      return single.revokeOneToken(context, { hash: tokenHash as Hashed<"access_token">, operator });
    },
    unlinkDelegation: async (issuer, subject, operator) =>
      single.unlinkDelegation(await changing(), { issuer, subject, operator }),
    retryMail: async (id, operator) => retryMail(await changing(), { id, operator }),
    async recordExport(taken, operator) {
      await parts.ready();
      return single.recordExport(context, { taken, operator });
    },

    async startJob(input) {
      const job = await startJob(await changing(), input);
      if (settings.backgroundWork) void work.work();
      return job;
    },
    findStartedJob: async (input) => findStartedJob(await changing(), input),
    findJob: async (id) => (await changing()).jobs.findJob(id),
    listJobs: async () => (await changing()).jobs.listJobs(),

    async listProviders() {
      await parts.ready();
      return providers.listProviders(context);
    },
    async findProvider(issuer) {
      await parts.ready();
      return providers.findProvider(context, issuer);
    },
    inspectProvider: inspect,
    async saveProvider(given, operator, seen = null) {
      await parts.ready();
      return providers.saveProvider(context, { given, seen, parse, operator });
    },
    async setProviderDisabled(issuer, disabled, operator) {
      await parts.ready();
      return providers.setProviderDisabled(context, { issuer, disabled, operator });
    },
    async tryIdJag(assertion) {
      await parts.ready();
      return tryIdJag({ ...context, jobs: parts.jobs }, assertion);
    },

    async listKeys() {
      await parts.ready();
      const keys = await store.listSigningKeys();
      return keys.map(({ kid, algorithm, createdAt, signsFrom, retiredAt }) => ({
        kid,
        algorithm,
        createdAt,
        signsFrom,
        retiredAt,
      }));
    },
    async rotateKeys(action) {
      await parts.ready();
      const actor = { kind: "operator", id: action.operatorId } as const;
      return context.assertionKeys.rotate(actor, { ip: action.ip, reason: single.reasonOf(action) });
    },

    redacted: parts.redacted,
    settings: () => settingsView(settings),
    scopes: settings.scopes,
    serviceName: settings.resourceName,
    authMdUrl: context.endpoints.url.authMd,
    hasMail: settings.mail !== null,
    canFindByEmail: accounts.findByEmail !== undefined,
  };
}
