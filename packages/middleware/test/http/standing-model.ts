/**
 * Owns a tiny model of one registration, written from PROTOCOL sections 4, 5, 6 and 8 and from nothing else: what it
 * answers to each step, given what happened before. Times are seconds; the database, the wire and secrets are unknown
 * to it.
 */
export type Kind = "anonymous" | "service_auth";

export interface ModelToken {
  value: string;
  generation: number;
  scopes: string[];
  expiresAt: number;
  revoked: boolean;
}

export interface ModelAssertion {
  value: string;
  generation: number;
  expiresAt: number;
}

interface ModelAttempt {
  expiresAt: number;
  guesses: number;
}

const day = 86_400;
const preClaim = ["api.read"];

export class StandingModel {
  generation = 1;
  claimedAt: number | null = null;
  granted: string[];
  suspended = false;
  revoked = false;
  ended: "denied" | "locked" | null = null;
  collected = false;
  attempt: ModelAttempt | null = null;
  tokens: ModelToken[] = [];
  assertions: ModelAssertion[] = [];
  readonly windowEnds: number;
  #starts: number[] = [];
  #guesses = 0;
  #interval = 5;
  #lastPoll: number | null = null;

  constructor(
    readonly kind: Kind,
    createdAt: number,
  ) {
    this.windowEnds = createdAt + day;
    this.granted = kind === "anonymous" ? preClaim : [];
    if (kind === "service_auth") this.#begin(createdAt);
  }

  status(now: number): string {
    if (this.revoked) return "revoked";
    if (this.suspended) return "suspended";
    if (this.claimedAt !== null) return "claimed";
    if (this.windowEnds <= now) return "expired";
    return this.attempt === null ? "unclaimed" : "pending_claim";
  }

  /** What it may do now; null: nothing at all. */
  scopes(now: number): string[] | null {
    const status = this.status(now);
    if (status === "claimed") return this.granted;
    const isOpen = status === "unclaimed" || status === "pending_claim";
    return this.kind === "anonymous" && isOpen ? preClaim : null;
  }

  start(now: number): string {
    const status = this.status(now);
    if (status === "revoked") return "410 claim_revoked";
    if (status === "suspended") return "403 registration_suspended";
    if (status === "claimed") return "409 claimed_or_in_flight";
    if (this.ended !== null) return "403 claim_denied";
    if (status === "expired") return "410 claim_expired";
    if (this.#starts.filter((at) => at > now - 3600).length >= 5) return "429 too_many_attempts";
    this.#begin(now);
    return "200";
  }

  /** What the newest link shows: its status, or "open". */
  page(now: number): number | "open" {
    const status = this.status(now);
    if (status === "claimed") return 200;
    if (status === "revoked") return 410;
    if (status === "suspended") return 403;
    if (this.ended !== null) return this.ended === "denied" ? 200 : 410;
    const { attempt } = this;
    if (attempt === null || attempt.guesses >= 5 || attempt.expiresAt <= now || status === "expired")
      return 410;
    return "open";
  }

  confirm(now: number, scopes: string[]): number {
    const page = this.page(now);
    if (page !== "open") return page;
    if (scopes.length === 0) return 400;
    this.#spend();
    this.claimedAt = now;
    this.granted = scopes;
    this.generation += 1;
    return 303;
  }

  guessWrong(now: number): number {
    const page = this.page(now);
    if (page !== "open") return page;
    this.#spend();
    if (this.#guesses >= 15) this.ended = "locked";
    return this.#guesses >= 15 || (this.attempt?.guesses ?? 0) >= 5 ? 303 : 400;
  }

  deny(now: number): number {
    const page = this.page(now);
    if (page !== "open") return page;
    this.ended = "denied";
    return 303;
  }

  poll(now: number): string {
    const status = this.status(now);
    if (status === "revoked" || status === "suspended") return "400 invalid_grant";
    if (status === "claimed") {
      if (this.collected) return "400 invalid_grant";
      const until = Math.max(this.windowEnds, (this.claimedAt ?? 0) + 600);
      if (until <= now) return "400 invalid_grant";
      this.collected = true;
      return "200";
    }
    if (this.ended !== null) return "400 access_denied";
    if (status === "expired") return "400 expired_token";
    if (this.attempt !== null && (this.attempt.guesses >= 5 || this.attempt.expiresAt <= now))
      return "400 expired_token";
    const early = this.#lastPoll !== null && now - this.#lastPoll < this.#interval;
    this.#lastPoll = now;
    if (!early) return "400 authorization_pending";
    this.#interval = Math.min(this.#interval + 5, 60);
    return "400 slow_down";
  }

  exchange(now: number, assertion: ModelAssertion): string {
    const isGood = assertion.generation === this.generation && assertion.expiresAt > now;
    return isGood && this.scopes(now) !== null ? "200" : "400 invalid_grant";
  }

  /** When something issued now ends. */
  expiry(now: number): number {
    return this.claimedAt === null ? Math.min(now + 3600, this.windowEnds) : now + 3600;
  }

  call(now: number, token: ModelToken): string {
    const granted = this.scopes(now);
    const isGood = !token.revoked && token.generation === this.generation && token.expiresAt > now;
    if (!isGood || granted === null) return "401";
    return token.scopes.includes("api.read") && granted.includes("api.read") ? "200" : "403";
  }

  revoke(): boolean {
    if (this.revoked) return false;
    this.revoked = true;
    this.generation += 1;
    return true;
  }

  suspend(suspended: boolean): boolean {
    // A suspension outlives a revocation and can be taken back then; a new one would stop nothing.
    if ((this.revoked && suspended) || this.suspended === suspended) return false;
    this.suspended = suspended;
    return true;
  }

  /** The sweeper tears down what nobody collected; an expired window was over before it came. */
  sweep(now: number): void {
    const until = Math.max(this.windowEnds, (this.claimedAt ?? 0) + 600);
    if (this.claimedAt !== null && !this.collected && until <= now) this.revoke();
    else if (this.claimedAt === null && this.windowEnds <= now && !this.revoked) this.generation += 1;
  }

  #begin(now: number): void {
    this.attempt = { expiresAt: Math.min(now + 600, this.windowEnds), guesses: 0 };
    this.#starts.push(now);
    this.#interval = 5;
    // The first poll of an attempt is never early (RFC 8628 section 3.5).
    this.#lastPoll = null;
  }

  #spend(): void {
    if (this.attempt !== null) this.attempt.guesses += 1;
    this.#guesses += 1;
  }
}
