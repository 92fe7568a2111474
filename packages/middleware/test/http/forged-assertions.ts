/** Owns assertions made with our real key, so that a forgery differs from the real thing in one point only. */
import { createPrivateKey, type KeyObject, sign } from "node:crypto";
import { open } from "@agent-auth/web/secrets";
import { deriveKeys } from "../../src/keys/derived-keys.js";
import type { ObservedWorld } from "./observed-world.js";

export type Members = Record<string, unknown>;
/** Give it to the world as `secrets`. */
export const forgersSecrets = ["a secret of these forgeries, thirty-two bytes or more"];

/** The private key of a world that runs with `forgersSecrets`. */
export async function signingKeyOf(stage: ObservedWorld): Promise<KeyObject> {
  const [row] = await stage.rows("signing_keys");
  const keys = deriveKeys(forgersSecrets, "signing-key-encryption");
  const jwk = open(keys, String(row?.encrypted_private_jwk), String(row?.kid));
  return createPrivateKey({ format: "jwk", key: JSON.parse(String(jwk)) });
}

export const read = (part: string | undefined): Members =>
  JSON.parse(Buffer.from(part ?? "", "base64url").toString());

export const encode = (part: unknown) =>
  Buffer.from(typeof part === "string" ? part : JSON.stringify(part)).toString("base64url");

export const signed = (input: string, key: KeyObject) =>
  sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });

/** A JWS over any header and payload; a string is taken as the raw text. */
export function forge(key: KeyObject, header: unknown, claims: unknown): string {
  const input = `${encode(header)}.${encode(claims)}`;
  return `${input}.${signed(input, key).toString("base64url")}`;
}
