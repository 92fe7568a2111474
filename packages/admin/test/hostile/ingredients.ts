/** Owns what hostile requests are made of: texts that have broken other services, and ways to spoil a good one. */
import type { Dice } from "./dice.js";

/** Marks what we sent. Whatever shows it to a browser unescaped has reflected it. */
export const marker = "zq7Xw9p<img src=x onerror=zq7Xw9p>";

const texts = [
  "",
  " ",
  "0",
  "-1",
  "null",
  "undefined",
  "true",
  "[object Object]",
  "NaN",
  "1e999",
  "9007199254740993",
  "../../../../etc/passwd",
  "..%2f..%2f",
  "%00",
  "%c0%ae%c0%ae",
  "%",
  "%zz",
  "\0",
  "a\0b",
  "\r\nSet-Cookie: zq7Xw9p=1",
  "%0d%0aSet-Cookie:%20zq7Xw9p=1",
  "' OR '1'='1",
  "'; DROP TABLE registrations; --",
  '" OR 1=1 --',
  "{{7*7}}",
  // biome-ignore lint/suspicious/noTemplateCurlyInString: what injections look like
  "${7*7}",
  "<%= process.env %>",
  "__proto__",
  "constructor",
  "toString",
  marker,
  `"'><script>zq7Xw9p</script>`,
  "javascript:alert(1)",
  "//evil.example/zq7Xw9p",
  "https://evil.example/zq7Xw9p",
  "/\\evil.example",
  "\u202Ezq7Xw9p\u2066",
  "\uFEFF",
  "\uD800",
  "\u{1F600}".repeat(50),
  "é".normalize("NFD"),
  "x".repeat(300),
  "x".repeat(5_000),
  "x".repeat(70_000),
  "a".repeat(3) + "=".repeat(200),
  "(".repeat(2_000),
  "alice@example.com",
  "bob@example.com",
  "ALICE@EXAMPLE.COM",
  "alice@example.com\nbcc: zq7Xw9p@evil.example",
  '"alice@example.com"@evil.example',
  "+14155550123",
  "anonymous",
  "service_auth",
  "identity_assertion",
  "refresh",
  "email",
  "api.read",
  "api.read api.write",
  "api.write api.admin",
  "urn:ietf:params:oauth:grant-type:jwt-bearer",
  "urn:workos:agent-auth:grant-type:claim",
  "urn:ietf:params:oauth:token-type:id-jag",
  "authorization_code",
  "client_credentials",
  "000000",
  "123456",
  "reg_00000000000000000000000000000000",
  "usr_alice",
  "registration.created",
  "2026-02-30",
  "2026-13-40",
  "9999-12-31",
  "0001-01-01",
  "12345678901234567890",
  "revoke",
  "all",
] as const;

/** Names of members and fields that agents send; those of pages are taken from the pages. */
export const memberNames = [
  ...["type", "client_name", "login_hint", "email", "assertion_type", "assertion", "refresh_token"],
  ...["claim_token", "user_code", "otp", "grant_type", "scope", "resource", "token", "token_type_hint"],
  ...["claim_attempt_token", "action", "csrf", "reason", "confirm", "seen", "message", "filter", "after"],
  ...["q", "status", "kind", "issuer", "subject", "created_from", "sort", "direction", "name", "jwks_uri"],
  ...["__proto__", "constructor", "hasOwnProperty", "length", "client_id", "code", "redirect_uri", "id"],
] as const;

/** Something that looks like a JWS, and is signed by nobody. */
function fakeJws(dice: Dice): string {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url");
  const header = {
    alg: dice.pick(["ES256", "none", "HS256", "RS256", "es256"]),
    typ: dice.pick(["oauth-id-jag+jwt", "secevent+jwt", "JWT", "agent-identity-assertion+jwt"]),
    kid: dice.pick(["1", "../../etc/passwd", marker, ""]),
    ...(dice.once(3) ? { jwk: { kty: "EC" }, jku: "https://evil.example/jwks", crit: ["exp"] } : {}),
  };
  const payload = {
    iss: dice.pick(["https://notes.example", "https://provider.example", marker]),
    sub: dice.pick(["usr_alice", "", marker, "reg_1"]),
    aud: dice.pick(["https://notes.example", ["https://notes.example"], 7]),
    exp: dice.pick([4_000_000_000, 0, -1, "soon", 1e300]),
    iat: dice.pick([1_800_000_000, 4_000_000_000, null]),
    jti: dice.pick(["1", "", {}]),
    events: { "https://schemas.workos.com/events/agent/auth/identity/assertion/revoked": {} },
  };
  const signature = Buffer.alloc(dice.pick([0, 1, 63, 64, 65]), 1).toString("base64url");
  return [part(header), part(dice.once(6) ? [payload] : payload), signature].join(".");
}

/** Changes a good value a little: cut, doubled, one character other, another case. */
export function spoiled(dice: Dice, value: string): string {
  const place = dice.below(Math.max(value.length, 1));
  switch (dice.below(7)) {
    case 0:
      return value.slice(0, place);
    case 1:
      return value + value;
    case 2:
      return value.slice(0, place) + dice.pick(["A", "0", "_", ".", "\0", "é"]) + value.slice(place + 1);
    case 3:
      return value.toUpperCase();
    case 4:
      return ` ${value}`;
    case 5:
      return `${value}\n`;
    default:
      return value;
  }
}

/** Lone surrogates cannot be put into an address. */
export const wellFormed = (text: string) => text.replace(/\p{Surrogate}/gu, "?");

/** A text: one of the list, a real secret of the sacrificed agents, whole or spoiled, or a token signed by nobody. */
export function anyText(dice: Dice, known: readonly string[]): string {
  const kind = dice.below(8);
  if (kind === 0) return fakeJws(dice);
  if (kind <= 2 && known.length > 0) return spoiled(dice, dice.pick(known));
  return dice.pick(texts);
}

/** A JSON value of any type, some of them deep. */
export function anyJson(dice: Dice, known: readonly string[], depth = 0): unknown {
  switch (dice.below(depth > 3 ? 4 : 10)) {
    case 0:
      return dice.pick([null, true, false, 0, -1, 1e308, 2 ** 53]);
    case 1:
      return [];
    case 2:
      return {};
    case 3:
      return Array.from({ length: dice.below(4) }, () => anyJson(dice, known, depth + 1));
    case 4: {
      const members = Array.from({ length: dice.below(4) }, () => [
        dice.pick(memberNames),
        anyJson(dice, known, depth + 1),
      ]);
      return Object.fromEntries(members);
    }
    default:
      return anyText(dice, known);
  }
}
