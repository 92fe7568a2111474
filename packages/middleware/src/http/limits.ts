/**
 * Owns the request limits (PROTOCOL section 10): which tiers an action spends from, and under which key a sender is
 * counted. They fail open: a limiter that cannot count must not stop the service.
 */
import type { Metrics } from "../metrics-port.js";
import type { Logger, Store } from "../ports.js";
import { Refusal } from "../protocol/errors.js";
import type { Caller } from "../protocol/model.js";
import { networkOf } from "../protocol/network.js";

const hour = 3600;

export interface LimitSettings {
  anonymousPerIpPerHour: number;
  anonymousPerHour: number;
  serviceAuthPerIpPerHour: number;
  serviceAuthPerHour: number;
  identityAssertionPerIpPerHour: number;
  identityAssertionPerHour: number;
  eventsPerIpPerHour: number;
  eventsPerIssuerPerHour: number;
  claimPerIpPerHour: number;
  claimPagePerIpPerHour: number;
  claimCompletePerIpPerHour: number;
  tokenPerRegistrationPerHour: number;
}

interface Tier {
  name: string;
  /** Null: the sender is unknown, the tier is skipped. */
  subject: string | null;
  quota: number;
}

/** Exchanging and refreshing spend one budget. */
const tokenTiers =
  (registrationId: string) =>
  (limits: LimitSettings): Tier[] => [
    { name: "token", subject: registrationId, quota: limits.tokenPerRegistrationPerHour },
  ];

export class Limits {
  constructor(
    private readonly store: Store,
    private readonly settings: LimitSettings | false,
    private readonly metrics: Metrics,
    private readonly logger: Logger,
  ) {}

  /** The same limits, logging elsewhere. */
  loggingTo(logger: Logger): Limits {
    return new Limits(this.store, this.settings, this.metrics, logger);
  }

  anonymous(caller: Caller): Promise<void> {
    return this.#spend((limits) => [
      { name: "anonymous-ip", subject: networkOf(caller.ip), quota: limits.anonymousPerIpPerHour },
      { name: "anonymous", subject: "all", quota: limits.anonymousPerHour },
    ]);
  }

  serviceAuth(caller: Caller): Promise<void> {
    return this.#spend((limits) => [
      { name: "service-auth-ip", subject: networkOf(caller.ip), quota: limits.serviceAuthPerIpPerHour },
      { name: "service-auth", subject: "all", quota: limits.serviceAuthPerHour },
    ]);
  }

  /** Before anything of an ID-JAG is checked: whoever makes them up uses up their own quota, not everybody's. */
  identityAssertionFrom(caller: Caller): Promise<void> {
    return this.#spend((limits) => [
      {
        name: "identity-assertion-ip",
        subject: networkOf(caller.ip),
        quota: limits.identityAssertionPerIpPerHour,
      },
    ]);
  }

  /** For one that has passed every check. */
  identityAssertion(): Promise<void> {
    return this.#spend((limits) => [
      { name: "identity-assertion", subject: "all", quota: limits.identityAssertionPerHour },
    ]);
  }

  /** Before the signature is known to be good: whoever forges events uses up their own quota, not the provider's. */
  eventsFrom(caller: Caller): Promise<void> {
    return this.#spend(
      (limits) => [{ name: "events-ip", subject: networkOf(caller.ip), quota: limits.eventsPerIpPerHour }],
      "event_rate_limited",
    );
  }

  events(issuer: string): Promise<void> {
    return this.#spend(
      (limits) => [{ name: "events", subject: issuer, quota: limits.eventsPerIssuerPerHour }],
      "event_rate_limited",
    );
  }

  claim(caller: Caller): Promise<void> {
    return this.#spend((limits) => [
      { name: "claim-ip", subject: networkOf(caller.ip), quota: limits.claimPerIpPerHour },
    ]);
  }

  claimComplete(caller: Caller): Promise<void> {
    return this.#spend((limits) => [
      { name: "claim-complete-ip", subject: networkOf(caller.ip), quota: limits.claimCompletePerIpPerHour },
    ]);
  }

  claimPage(caller: Caller): Promise<void> {
    return this.#spend((limits) => [
      { name: "claim-page-ip", subject: networkOf(caller.ip), quota: limits.claimPagePerIpPerHour },
    ]);
  }

  token(registrationId: string): Promise<void> {
    return this.#spend(tokenTiers(registrationId), "oauth_rate_limited");
  }

  /** One budget with `token`, refused in the words of the other endpoint. */
  refresh(registrationId: string): Promise<void> {
    return this.#spend(tokenTiers(registrationId));
  }

  /** Narrowest tier first: a sender that is over its own limit does not use up everybody's. */
  async #spend(
    tiersOf: (limits: LimitSettings) => Tier[],
    refusal: "rate_limited" | "oauth_rate_limited" | "event_rate_limited" = "rate_limited",
  ): Promise<void> {
    if (this.settings === false) return;
    for (const { name, subject, quota } of tiersOf(this.settings)) {
      if (subject === null) continue;
      const use = await this.store
        .consumeLimit({ key: `${name}:${subject}`, windowSeconds: hour })
        .catch((error: unknown) => {
          this.logger.warn({ error, limit: name }, "rate limit could not be counted");
          this.metrics.storeUnavailable("limit");
          return null;
        });
      // Each try may have to wait for the store: one that does not answer is not asked a second time.
      if (use === null) return;
      if (use.used > quota)
        throw new Refusal(refusal, {
          retryAfterSeconds: use.resetSeconds,
          limit: { name, quota, windowSeconds: hour },
        });
    }
  }
}
