/** Owns the records of this provider. Times are integer seconds since 1970. */

export type SigningAlgorithm = "ES256" | "RS256";

declare const hashed: unique symbol;
/** SHA-256 of a secret. Only this fits a column; the secret itself leaves the process once. */
export type Hashed = string & { readonly [hashed]: true };

export interface User {
  /** The `sub` of every token about this person. Never given to somebody else. */
  id: string;
  email: string;
  emailVerified: boolean;
  password: string;
  name: string;
  /** E.164, such as +15550100. */
  phone: string | null;
  phoneVerified: boolean;
}

/** A program that may ask for tokens. Without a secret it is a public client. */
export interface Client {
  clientId: string;
  clientSecret: string | null;
  name: string;
}

export interface Session {
  tokenHash: Hashed;
  userId: string;
  /** When the password was typed. */
  authTime: number;
  lastSeenAt: number;
  expiresAt: number;
}

export interface DeviceGrant {
  deviceCodeHash: Hashed;
  userCode: string;
  clientId: string;
  /** The client wants a sign-in at most this old. */
  maxAge: number | null;
  createdAt: number;
  expiresAt: number;
  interval: number;
  lastPolledAt: number | null;
  status: "pending" | "approved" | "denied" | "delivered";
  userId: string | null;
  authTime: number | null;
}

/** What a person decided about one service, and what has been minted for it. */
export interface Delegation {
  userId: string;
  audience: string;
  /** `minted`: nothing is allowed any more, or only a test minted; the service may still hold what it got. */
  consent: "once" | "always" | "denied" | "minted";
  decidedAt: number;
  since: number;
  lastMintedAt: number | null;
  mintCount: number;
}

/** `refused`: the service said no. `failed`: it could not be reached, or not be reached in time. */
export type EventState = "waiting" | "sent" | "refused" | "failed";

/** A Security Event Token that has to reach a service. Signed anew on each try, with the same claims. */
export interface QueuedEvent {
  jti: string;
  userId: string;
  audience: string;
  type: string;
  claims: Record<string, unknown>;
  createdAt: number;
  status: EventState;
  attempts: number;
  nextTryAt: number;
  /** Why the last try did not succeed, in words for the page. */
  problem: string | null;
  settledAt: number | null;
}

export interface StoredKey {
  kid: string;
  algorithm: SigningAlgorithm;
  publicJwk: Record<string, string>;
  sealedPrivateJwk: string;
  createdAt: number;
  signsFrom: number;
}
