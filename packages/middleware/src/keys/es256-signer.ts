/**
 * Owns signing with ES256 (RFC 7518 section 3.4) in the turn of the event loop that asks. Node's WebCrypto, which jose
 * stands on, hands every signature to another thread: that costs several times what the signature does, and
 * requests that arrived together come back one by one, each to a commit of its own (docs/decisions/0008).
 */
import { createPrivateKey, type JsonWebKey, type KeyObject, sign } from "node:crypto";

export class Es256Signer {
  readonly #key: KeyObject;
  readonly #encodedHeader: string;

  /** `privateJwk` is a P-256 key. `header` is complete but for `alg`. Throws when the key is of another kind. */
  constructor(privateJwk: JsonWebKey, header: { typ: string; kid: string }) {
    if (privateJwk.kty !== "EC" || privateJwk.crv !== "P-256")
      throw new TypeError("ES256 takes a P-256 key.");
    this.#key = createPrivateKey({ key: privateJwk, format: "jwk" });
    this.#encodedHeader = encode({ alg: "ES256", ...header });
  }

  /** A compact JWS (RFC 7515 section 7.1) over the claims as they are. */
  sign(claims: Record<string, unknown>): string {
    const input = `${this.#encodedHeader}.${encode(claims)}`;
    // R and S side by side, as JWS wants them, instead of ASN.1.
    const signature = sign("sha256", Buffer.from(input, "ascii"), {
      key: this.#key,
      dsaEncoding: "ieee-p1363",
    });
    return `${input}.${signature.toString("base64url")}`;
  }
}

function encode(value: object): string {
  return Buffer.from(JSON.stringify(value), "utf8").toString("base64url");
}
