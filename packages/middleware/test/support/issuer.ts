/**
 * Owns a provider for tests: a listener on 127.0.0.1 that serves keys and documents as told and counts who asks, and
 * mints ID-JAGs. Every mutation is signed anew, so that a refusal proves the check it aims at.
 */
import { generateKeyPairSync, type KeyObject, randomUUID, sign } from "node:crypto";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import type { Clock } from "../../src/ports.js";
import { closeAfterTest } from "./stages.js";
import { issuer as ourIssuer } from "./world.js";

export type Members = Record<string, unknown>;
export const idJagTokenType = "urn:ietf:params:oauth:token-type:id-jag";

/** A key pair and the algorithm it signs with. */
export interface IssuerKey {
  kid: string;
  alg: string;
  privateKey: KeyObject;
  publicKey: KeyObject;
}

/** The public half as it stands in a JWKS. */
export const publicJwk = ({ publicKey, kid, alg }: IssuerKey, members: Members = {}): Members => ({
  ...publicKey.export({ format: "jwk" }),
  kid,
  alg,
  use: "sig",
  ...members,
});

export function ecKey(kid: string = randomUUID(), namedCurve = "P-256", alg = "ES256"): IssuerKey {
  return { kid, alg, ...generateKeyPairSync("ec", { namedCurve }) };
}

export function rsaKey(kid: string = randomUUID(), alg = "RS256", modulusLength = 2048): IssuerKey {
  return { kid, alg, ...generateKeyPairSync("rsa", { modulusLength }) };
}

export function edKey(kid: string = randomUUID()): IssuerKey {
  return { kid, alg: "EdDSA", ...generateKeyPairSync("ed25519") };
}

/** The signature bytes of RFC 7518 section 3 for any text. */
export function signatureOf(input: string, { alg, privateKey }: IssuerKey): Buffer {
  if (alg === "EdDSA") return sign(null, Buffer.from(input), privateKey);
  const pss = alg.startsWith("PS") ? { padding: 6, saltLength: Number(alg.slice(2)) / 8 } : {};
  return sign(`sha${alg.slice(2)}`, Buffer.from(input), {
    key: privateKey,
    dsaEncoding: "ieee-p1363",
    ...pss,
  });
}

/** Base64url of a text, or of the JSON of anything else. */
export const encoded = (part: unknown): string =>
  (Buffer.isBuffer(part)
    ? part
    : Buffer.from(typeof part === "string" ? part : JSON.stringify(part))
  ).toString("base64url");

/** A compact JWS over any header and payload; a string or bytes are taken as they are. */
export function sealed(header: unknown, payload: unknown, key: IssuerKey): string {
  const input = `${encoded(header)}.${encoded(payload)}`;
  return `${input}.${encoded(signatureOf(input, key))}`;
}

/** What the listener does on a path. "never": takes the request and stays silent. */
export type Answer = "never" | ((request: IncomingMessage, response: ServerResponse) => void);

/** An answer of JSON. */
export function json(body: unknown, headers: Record<string, string> = {}, status = 200): Answer {
  return (_request, response) => {
    response.writeHead(status, { "Content-Type": "application/json", ...headers });
    response.end(typeof body === "string" ? body : JSON.stringify(body));
  };
}

/** An answer of a bare status. */
export const bare =
  (status: number, headers: Record<string, string> = {}): Answer =>
  (_request, response) => {
    response.writeHead(status, headers);
    response.end();
  };

export interface Mint {
  /** `undefined` takes a member out. */
  header?: Members;
  claims?: Members;
  key?: IssuerKey;
}

export interface TestIssuer {
  /** The issuer identifier, which is also the listener's origin. */
  issuer: string;
  jwksUri: string;
  key: IssuerKey;
  /** By path; paths that are not in it answer 404. */
  answers: Map<string, Answer>;
  /** Paths that were asked for, oldest first. */
  asked: string[];
  timesAsked(path?: string): number;
  /** Publishes these keys, with these headers. */
  publish(keys: Members[], headers?: Record<string, string>): void;
  /** Header and claims of a complete and valid ID-JAG of this moment, with changes. */
  parts(mint?: Mint): { header: Members; claims: Members; key: IssuerKey };
  mint(mint?: Mint): string;
}

const jwksPath = "/.well-known/jwks.json";

/** Listens until the test ends. */
export async function testIssuer(
  clock: Clock,
  { key = ecKey() }: { key?: IssuerKey } = {},
): Promise<TestIssuer> {
  const answers = new Map<string, Answer>();
  const asked: string[] = [];
  const server = createServer((request, response) => {
    const path = request.url ?? "";
    asked.push(path);
    const answer = answers.get(path) ?? bare(404);
    if (answer !== "never") answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closeAfterTest(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  const issuer = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const parts: TestIssuer["parts"] = ({ header = {}, claims = {}, key: signer = key } = {}) => {
    const now = clock.now();
    return {
      key: signer,
      header: { typ: "oauth-id-jag+jwt", alg: signer.alg, kid: signer.kid, ...header },
      claims: {
        iss: issuer,
        sub: "person-1",
        aud: ourIssuer,
        client_id: issuer,
        jti: randomUUID(),
        iat: now,
        exp: now + 300,
        auth_time: now - 60,
        email: "carol@example.org",
        email_verified: true,
        ...claims,
      },
    };
  };
  const publish: TestIssuer["publish"] = (keys, headers) => {
    answers.set(jwksPath, json({ keys }, headers));
  };
  publish([publicJwk(key)]);
  return {
    issuer,
    jwksUri: issuer + jwksPath,
    key,
    answers,
    asked,
    timesAsked: (path = jwksPath) => asked.filter((entry) => entry === path).length,
    publish,
    parts,
    mint: (mint) => {
      const { header, claims, key: signer } = parts(mint);
      return sealed(header, claims, signer);
    },
  };
}
