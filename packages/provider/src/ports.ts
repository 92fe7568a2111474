/** Owns what the flows need from the outside: storage, keys, the network, time, chance and a log. */
import type { SigningAlgorithm } from "./protocol/model.js";

export type { Store } from "./store-port.js";

export interface Clock {
  /** Integer seconds since 1970. */
  now(): number;
}

export interface Random {
  bytes(length: number): Buffer;
}

export interface Logger {
  debug(fields: object, message: string): void;
  info(fields: object, message: string): void;
  warn(fields: object, message: string): void;
  error(fields: object, message: string): void;
}

/** The keys of this provider. Every kind of token has its own `typ`, so that none passes for another. */
export interface Keys {
  sign(typ: string, claims: Record<string, unknown>, header?: Record<string, unknown>): Promise<string>;
  /** The claims of a token of ours of that `typ`; null when the form, the type or the signature is wrong. */
  verify(typ: string, token: string): Promise<Record<string, unknown> | null>;
  publicKeys(): { keys: Record<string, string>[] };
  rotate(input: { algorithm?: SigningAlgorithm; immediately?: boolean }): Promise<{
    kid: string;
    signsFrom: number;
  }>;
}

export interface FetchRequest {
  method: "GET" | "POST";
  contentType?: string;
  body?: string;
}

export interface FetchAnswer {
  status: number;
  /** Lower-case names. */
  headers: Record<string, string | undefined>;
  body: string;
}

/**
 * A fetch that follows no redirect, is over after five seconds and 64 KiB, and reaches public https addresses only.
 * Throws `FetchFailure`.
 */
export type GuardedFetch = (url: string, request: FetchRequest) => Promise<FetchAnswer>;

/** `unreachable` may pass by itself; `forbidden` never will: the address is one we must not go to. */
export class FetchFailure extends Error {
  override readonly name = "FetchFailure";
  constructor(
    readonly kind: "unreachable" | "forbidden",
    message: string,
    options?: ErrorOptions,
  ) {
    super(message, options);
  }
}
