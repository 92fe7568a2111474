/**
 * Owns a provider of the tests: a real listener that publishes one key, and tokens signed with it at the world's own
 * time. Every claim and header member can be replaced (`undefined` removes it) and is signed as it then stands.
 */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import type { AgentAuthOptions } from "@agent-auth/middleware";
import { listening } from "./stages.js";
import { issuer as audience } from "./world.js";

export type Members = Record<string, unknown>;
export type TrustEntry = NonNullable<AgentAuthOptions["trustedProviders"]>[number];

export const revokedEvent = "https://schemas.workos.com/events/agent/auth/identity/assertion/revoked";
export const sessionRevokedEvent = "https://schemas.openid.net/secevent/caep/event-type/session-revoked";
export const disabledEvent = "https://schemas.openid.net/secevent/risc/event-type/account-disabled";

/** The people of the tests at the provider. Alice and Bob have accounts here too; Carol has none. */
const addresses: Record<string, string> = {
  "sub-alice": "alice@example.com",
  "sub-bob": "bob@example.com",
  "sub-carol": "carol@example.com",
};

export interface EventIssuer {
  /** The issuer URL. */
  url: string;
  /** As an entry of `trustedProviders`. */
  trust: TrustEntry;
  /** Paths somebody asked for. */
  requests: string[];
  /** What the key set answers; may be changed. */
  jwks: { keys: Members[] };
  /** Answers 503 to everything. */
  isDown: boolean;
  /** The clock the tokens are dated by. */
  clock: { now(): number };
  /** An ID-JAG about Alice, unless `sub` names somebody else. */
  idJag(claims?: Members, header?: Members): string;
  /** A Security Event Token: by default, the assertions about Alice are revoked. */
  event(claims?: Members, header?: Members): string;
  /** A token of any kind. */
  signed(header: Members, claims: unknown, key?: KeyObject): string;
}

const encode = (part: unknown) => Buffer.from(JSON.stringify(part)).toString("base64url");

/** A key pair nobody else has. */
export const newKeys = () => generateKeyPairSync("ec", { namedCurve: "P-256" });

/** A provider that listens until the test ends. Set its `clock` before it mints. */
export async function eventIssuer(name = "Example AI"): Promise<EventIssuer> {
  const keys = newKeys();
  const kid = randomUUID();
  const requests: string[] = [];
  const jwks = { keys: [{ ...keys.publicKey.export({ format: "jwk" }), kid, alg: "ES256", use: "sig" }] };
  const { url } = await listening((request, response) => {
    requests.push(request.url ?? "");
    const status = request.url === "/.well-known/jwks.json" ? 200 : 404;
    response.statusCode = provider.isDown ? 503 : status;
    response.setHeader("Content-Type", "application/json");
    response.end(JSON.stringify(jwks));
  });
  const signed: EventIssuer["signed"] = (header, claims, key = keys.privateKey) => {
    const input = `${encode(header)}.${encode(claims)}`;
    const signature = sign("sha256", Buffer.from(input), { key, dsaEncoding: "ieee-p1363" });
    return `${input}.${signature.toString("base64url")}`;
  };
  const provider: EventIssuer = {
    url,
    trust: { issuer: url, name },
    requests,
    jwks,
    isDown: false,
    clock: { now: () => Math.floor(Date.now() / 1000) },
    signed,
    idJag(claims = {}, header = {}) {
      const now = provider.clock.now();
      const sub = claims.sub ?? "sub-alice";
      const usual = {
        iss: url,
        sub,
        aud: audience,
        client_id: url,
        jti: randomUUID(),
        iat: now,
        exp: now + 300,
        auth_time: now,
        email: addresses[String(sub)],
        email_verified: true,
      };
      return signed({ alg: "ES256", typ: "oauth-id-jag+jwt", kid, ...header }, { ...usual, ...claims });
    },
    event(claims = {}, header = {}) {
      const usual = {
        iss: url,
        sub: "sub-alice",
        aud: audience,
        jti: randomUUID(),
        iat: provider.clock.now(),
        events: { [revokedEvent]: {} },
      };
      return signed({ alg: "ES256", typ: "secevent+jwt", kid, ...header }, { ...usual, ...claims });
    },
  };
  return provider;
}

/** Claims of an event whose type wants its subject in `sub_id` (RFC 9493), as CAEP and RISC do. */
export const about = ({ url }: EventIssuer, sub: string, ...types: string[]): Members => ({
  sub: undefined,
  sub_id: { format: "iss_sub", iss: url, sub },
  events: Object.fromEntries(types.map((type) => [type, {}])),
});
