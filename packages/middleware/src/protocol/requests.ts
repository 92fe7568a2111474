/** Owns the shape of what agents send: JSON bodies of the agent endpoints and forms of the OAuth endpoints. */
import { z } from "zod";
import { Refusal } from "./errors.js";
import { idJagTokenType } from "./id-jag.js";

/** Longest string any member may hold; assertions are the longest legitimate ones. */
const longest = 16_384;
const text = z.string().max(longest);
/** Unverified text for people: control and bidirectional characters would let it imitate other parts of a page. */
const clientName = z
  .string()
  .max(100)
  .transform((name) =>
    name
      .normalize("NFC")
      .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu, " ")
      .replace(/\s+/g, " ")
      .trim(),
  )
  .transform((name) => (name === "" ? null : name));

const identityRequest = z.discriminatedUnion("type", [
  z.object({ type: z.literal("anonymous"), client_name: clientName.nullish() }),
  z.object({ type: z.literal("service_auth"), login_hint: text, client_name: clientName.nullish() }),
  z.object({
    type: z.literal("identity_assertion"),
    assertion_type: text.optional(),
    // Its length is the assertion's own check, with an error of its own.
    assertion: z.string().optional(),
  }),
  z.object({ type: z.literal("refresh"), refresh_token: text.min(1) }),
]);

/** `POST /agent/identity` (PROTOCOL section 3). */
export type IdentityRequest = z.output<typeof identityRequest>;

const claimRequest = z
  .object({
    type: z.enum(["email", "login_hint", "service_auth", "identity_assertion"]).optional(),
    claim_token: text.min(1),
    login_hint: text.optional(),
    email: text.optional(),
    assertion_type: text.optional(),
    assertion: z.string().optional(),
  })
  .refine(
    (body) => body.type === "identity_assertion" || body.login_hint !== undefined || body.email !== undefined,
    { path: ["login_hint"], error: "is required" },
  );

/** `POST /agent/identity/claim` (PROTOCOL section 4.2). */
export type ClaimRequest = z.output<typeof claimRequest>;

const completeRequest = z
  .object({ claim_token: text.min(1), user_code: text.optional(), otp: text.optional() })
  .refine(({ user_code, otp }) => user_code !== undefined || otp !== undefined, {
    path: ["user_code"],
    error: "is required",
  })
  // Agents of 0.1 call the code otp.
  .transform(({ claim_token, user_code, otp }) => ({
    claimToken: claim_token,
    code: user_code ?? otp ?? "",
  }));

/** `POST /agent/identity/claim/complete` (PROTOCOL section 4.4). */
export type CompleteRequest = z.output<typeof completeRequest>;

/** Names the faulty member, and the values it may have, without repeating what the caller sent. */
function describe(issue: z.core.$ZodIssue | undefined): string {
  const member = issue?.path[0];
  if (typeof member !== "string") return "The body must be a JSON object with a known type.";
  return `The member ${member} ${faultOf(issue)}.`;
}

function faultOf(issue: z.core.$ZodIssue | undefined): string {
  switch (issue?.code) {
    case "too_big":
      return "is too long";
    case "invalid_value":
      return `is none of ${issue.values.join(", ")}`;
    // The only union there is.
    case "invalid_union":
      return `is none of ${identityRequest.options.map(({ shape }) => shape.type.value).join(", ")}`;
    default:
      return "is missing or of the wrong kind";
  }
}

function read<Output>(schema: z.ZodType<Output>, body: unknown): Output {
  const result = schema.safeParse(body);
  if (result.success) return result.data;
  throw new Refusal("invalid_request", { description: describe(result.error.issues[0]) });
}

/** Reads a registration request. Refuses with `invalid_request`. */
export function readIdentityRequest(body: unknown): IdentityRequest {
  return read(identityRequest, body);
}

/** Reads a claim request. Refuses with `invalid_request`. */
export function readClaimRequest(body: unknown): ClaimRequest {
  return read(claimRequest, body);
}

/** Reads a completion. Refuses with `invalid_request`. */
export function readCompleteRequest(body: unknown): CompleteRequest {
  return read(completeRequest, body);
}

/** The ID-JAG of a body of type identity_assertion. Refuses with `invalid_request`. */
export function readIdJag(body: {
  assertion_type?: string | undefined;
  assertion?: string | undefined;
}): string {
  // Claim requests of the field leave the type out; it can only be this one.
  if (body.assertion_type !== undefined && body.assertion_type !== idJagTokenType)
    throw new Refusal("invalid_request", {
      description: `The member assertion_type is not ${idJagTokenType}.`,
    });
  if (body.assertion === undefined || body.assertion === "")
    throw new Refusal("invalid_request", { description: "The member assertion is missing." });
  return body.assertion;
}

/** Form parameters by name, in order. A Map, so that no parameter name means anything to the language. */
export type Form = ReadonlyMap<string, readonly string[]>;

const longestForm = 200;

/** Parses `application/x-www-form-urlencoded`; null when the encoding is broken or there are too many parameters. */
export function parseForm(body: string): Form | null {
  const form = new Map<string, string[]>();
  const pairs = body === "" ? [] : body.split("&");
  if (pairs.length > longestForm) return null;
  for (const pair of pairs) {
    if (pair === "") continue;
    const split = pair.indexOf("=");
    const name = decode(split < 0 ? pair : pair.slice(0, split));
    const value = decode(split < 0 ? "" : pair.slice(split + 1));
    if (name === null || value === null) return null;
    form.set(name, [...(form.get(name) ?? []), value]);
  }
  return form;
}

function decode(encoded: string): string | null {
  try {
    return decodeURIComponent(encoded.replaceAll("+", " "));
  } catch {
    return null;
  }
}

/**
 * The one value of a parameter, or null when it is absent or empty (RFC 6749 section 3.2). A parameter sent twice is
 * refused with `invalid_request`.
 */
export function single(form: Form, name: string): string | null {
  const values = form.get(name) ?? [];
  if (values.length > 1)
    throw new Refusal("oauth_invalid_request", {
      description: `The parameter ${name} was sent more than once.`,
    });
  return values[0] === undefined || values[0] === "" ? null : values[0];
}

/** Like `single`, but absence is refused with `invalid_request`. */
export function required(form: Form, name: string): string {
  const value = single(form, name);
  if (value === null)
    throw new Refusal("oauth_invalid_request", { description: `The parameter ${name} is missing.` });
  return value;
}
