/** Owns every way an ID-JAG can fail, in the order of PROTOCOL section 3: one fault each, everything else valid. */

import { ecKey, encoded, type IssuerKey, type Members, sealed, type TestIssuer } from "./issuer.js";
import type { RefusalName } from "./issuer-world.js";
import { issuer as us } from "./world.js";

/** A token about to be signed. */
export interface Draft {
  header: Members;
  claims: Members;
  key: IssuerKey;
  /** Has the last word on the text. */
  finish?: (token: string) => string;
}

export interface Fault {
  what: string;
  refusal: RefusalName;
  /** Step of the order; two faults of one step have no order between them. */
  step: number;
  change: (draft: Draft) => Draft;
  /** Members it changes: two faults of one member would undo each other. */
  touches: string[];
}

type Group = [refusal: RefusalName, faults: [what: string, change: (draft: Draft) => Draft][]];

const header = (members: Members) => (draft: Draft) => ({
  ...draft,
  header: { ...draft.header, ...members },
});
const claims = (members: Members) => (draft: Draft) => ({
  ...draft,
  claims: { ...draft.claims, ...members },
});
/** Times relative to `iat`, which is now. */
const time = (name: string, seconds: number) => (draft: Draft) => ({
  ...draft,
  claims: { ...draft.claims, [name]: (draft.claims.auth_time as number) + 60 + seconds },
});
const named = (name: string, values: unknown[], change: typeof header = claims): Group[1] =>
  values.map((value) => [
    `${name} ${value === undefined ? "absent" : JSON.stringify(value).slice(0, 40)}`,
    change({ [name]: value }),
  ]);

const stranger = ecKey("stranger");
const long = "x".repeat(256);
const notText = [undefined, null, "", 7, true, [], ["a"], {}];
const notDates = ["2026-01-01T00:00:00Z", "1767225600", null, true, [], {}, -1];

/** The provider of the tests: a domain, a method and one further client. */
export const strictProvider = {
  allowedEmailDomains: ["example.org"],
  requiredAmr: ["mfa"],
  clientIds: ["agent-1"],
  algorithms: ["ES256" as const],
};
/** Claims that satisfy it. */
export const strictClaims = { amr: ["pwd", "mfa"] };

const groups: Group[] = [
  [
    "invalid_assertion",
    [
      ["not a JWS", (draft) => ({ ...draft, finish: () => "not-a-jws" })],
      ["over 16 KiB", claims({ padding: "p".repeat(16_384) })],
      [
        "a payload that is a list",
        (draft) => ({ ...draft, finish: () => sealed(draft.header, [draft.claims], draft.key) }),
      ],
    ],
  ],
  [
    "invalid_assertion",
    named(
      "typ",
      [undefined, "JWT", "", "at+jwt", "secevent+jwt", "id-jag+jwt", 1, null, ["oauth-id-jag+jwt"]],
      header,
    ),
  ],
  ["invalid_assertion", named("crit", [["exp"], ["b64"], ["alg"], [], "exp", null, false], header)],
  ["invalid_assertion", named("kid", ["", 7, null, {}, long], header)],
  [
    "issuer_not_enabled",
    [
      ...named("iss", [...notText, "https://elsewhere.example", us]),
      ["iss with a slash", (draft) => claims({ iss: `${draft.claims.iss}/` })(draft)],
      ["iss in a list", (draft) => claims({ iss: [draft.claims.iss] })(draft)],
      [
        "iss in another case",
        (draft) => claims({ iss: String(draft.claims.iss).replace("http", "HTTP") })(draft),
      ],
    ],
  ],
  [
    "invalid_assertion",
    named("alg", [undefined, null, "", "none", "RS256", "ES384", "HS256", "es256", ["ES256"]], header),
  ],
  [
    "invalid_signature",
    [
      ["another's key under the right kid", (draft) => ({ ...draft, key: stranger })],
      ["kid of nobody", header({ kid: "unknown" })],
      [
        "no signature to speak of",
        (draft) => ({ ...draft, finish: (token) => token.replace(/[^.]+$/, encoded("short")) }),
      ],
    ],
  ],
  [
    "audience_mismatch",
    named("aud", [
      undefined,
      null,
      "",
      [],
      7,
      {},
      true,
      "https://elsewhere.example",
      `${us}/`,
      `${us}.evil.example`,
      us.slice(0, -1),
      us.toUpperCase(),
      `${us}/oauth2/token`,
      [us, us],
      [us, "https://elsewhere.example"],
      ["https://elsewhere.example", us],
      [[us]],
    ]),
  ],
  ["invalid_assertion", named("exp", [undefined, ...notDates])],
  [
    "credential_expired",
    [
      ["exp a minute ago", time("exp", -60)],
      ["exp long ago", claims({ exp: 0 })],
    ],
  ],
  ["invalid_assertion", [...named("nbf", notDates), ["nbf beyond the skew", time("nbf", 61)]]],
  [
    "invalid_assertion",
    [...named("iat", [undefined, ...notDates]), ["iat beyond the skew", time("iat", 61)]],
  ],
  [
    "invalid_assertion",
    [
      ["a life of ten minutes and a second", time("exp", 601)],
      ["an iat of long ago", claims({ iat: 0 })],
      ["an end before its beginning", (draft) => time("exp", -5)(draft)],
    ],
  ],
  ["invalid_assertion", named("sub", [...notText, long])],
  ["invalid_assertion", named("jti", [...notText, long])],
  [
    "invalid_client_id",
    [
      ...named("client_id", [
        ...notText,
        "agent-2",
        "AGENT-1",
        "agent-1 ",
        long,
        us,
        "https:",
        "http://",
        "javascript:1",
      ]),
    ],
  ],
  ["invalid_assertion", named("cnf", [{ jkt: "x" }, {}, null, "x", false])],
  ["invalid_assertion", named("authorization_details", [[], [{ type: "x" }], {}, null, "x"])],
  ["invalid_assertion", named("scope", [["api.read"], 7, null, 'api"read', {}])],
  [
    "missing_verified_email",
    [
      ...named("email_verified", [undefined, false, "true", 1, null, ["true"]]),
      ...named("email", [
        undefined,
        null,
        "",
        "carol",
        "@example.org",
        7,
        ["carol@example.org"],
        "carol@example.org, eve@example.net",
      ]),
      ["a phone number that is not verified", claims({ email: undefined, phone_number: "+4312345678" })],
      [
        "a phone number of no form",
        claims({ email: undefined, phone_number: "0043 1 2345", phone_number_verified: true }),
      ],
    ],
  ],
  [
    "policy_not_met",
    [
      ...named("email", ["carol@example.net", "carol@sub.example.org", "carol@example.org.evil.example"]),
      [
        "a phone number only",
        claims({ email: undefined, phone_number: "+4312345678", phone_number_verified: true }),
      ],
      ...named("amr", [undefined, [], ["pwd"], "mfa", ["MFA"], null, { 0: "mfa" }]),
    ],
  ],
  [
    "login_required",
    [
      ...named("auth_time", [undefined, ...notDates]),
      ["auth_time an hour and a second ago", time("auth_time", -3601)],
      ["auth_time beyond the skew", time("auth_time", 61)],
    ],
  ],
];

/** Members of a draft that a change gives another value. */
function touched(change: (draft: Draft) => Draft): string[] {
  const header: Members = { typ: "t", alg: "ES256", kid: "k" };
  const claims: Members = { iss: "http://x", auth_time: 1_000_000_000 };
  const after = change({ header, claims, key: stranger });
  const changed = (before: Members, now: Members) =>
    Object.keys(now).filter((name) => !Object.hasOwn(before, name) || before[name] !== now[name]);
  return [
    ...changed(header, after.header),
    ...changed(claims, after.claims),
    ...(after.finish === undefined ? [] : ["the text"]),
  ];
}

export const faults: Fault[] = groups.flatMap(([refusal, entries], step) =>
  entries.map(([what, change]) => ({ what, refusal, step, change, touches: touched(change) })),
);

/** A valid ID-JAG with the given faults, signed after the faults were made. */
export function faulty(idp: TestIssuer, made: Fault[], extra: Members = {}): string {
  const start: Draft = idp.parts({ claims: { ...strictClaims, ...extra } });
  const draft = made.reduce((current, { change }) => change(current), start);
  const token = sealed(draft.header, draft.claims, draft.key);
  return draft.finish === undefined ? token : draft.finish(token);
}
