/** Owns the schema of the options: types, units, defaults, bounds and their documentation. */
import { isLoopback } from "@agent-auth/web/addresses";
import { z } from "zod";
import type { Clock, Logger, Random } from "./ports.js";
import { parseIssuer } from "./protocol/issuer.js";

const seconds = (minimum: number, maximum: number) => z.int().min(minimum).max(maximum);

const has = <Type>(names: string[]) =>
  z.custom<Type>(
    (value) => names.every((name) => typeof (value as Record<string, unknown> | null)?.[name] === "function"),
    `must have ${names.join(", ")}`,
  );

const userSchema = z.strictObject({
  id: z
    .string()
    .regex(/^[\x21-\x7e]{1,255}$/, "must be 1 to 255 printable characters without spaces")
    .describe("The `sub` of every token about this person."),
  email: z.email(),
  emailVerified: z.boolean().default(true),
  password: z.string().min(8),
  name: z.string().trim().min(1).max(100),
  phone: z
    .string()
    .regex(/^\+[1-9]\d{4,14}$/, "must look like +15550100")
    .optional(),
  phoneVerified: z.boolean().default(false),
});

const clientSchema = z.strictObject({
  client_id: z.string().min(1).max(500),
  client_secret: z.string().min(16).optional().describe("Without one the client is public."),
  name: z.string().trim().min(1).max(100),
});

const lifetimesSchema = z
  .strictObject({
    idJagSeconds: seconds(1, 600).default(300).describe("How long an ID-JAG works."),
    subjectTokenSeconds: seconds(1, 86_400)
      .default(3600)
      .describe("How long an agent can exchange the ID token it got at sign-in."),
    sessionSeconds: seconds(60, 30 * 86_400)
      .default(8 * 3600)
      .describe("How long a sign-in at this provider lasts."),
    sessionIdleSeconds: seconds(60, 30 * 86_400)
      .default(3600)
      .describe("How long an unused sign-in lasts."),
    deviceCodeSeconds: seconds(30, 1800).default(600).describe("How long a code of an agent can be entered."),
    allowOnceSeconds: seconds(1, 86_400)
      .default(600)
      .describe("How long an unused “allow once” can be used."),
  })
  .prefault({});

const unique = <Item>(items: Item[], key: (item: Item) => string) =>
  new Set(items.map(key)).size === items.length;

export const optionsSchema = z
  .strictObject({
    issuer: z
      .string()
      .describe(
        "The issuer URL: https, no trailing slash, no query. http is for loopback hosts. Its path is the prefix of every address.",
      ),
    name: z
      .string()
      .trim()
      .min(1)
      .max(100)
      .default("Example AI")
      .describe("Name of this provider, shown to people."),
    storage: z
      .string()
      .startsWith("sqlite:", "must look like sqlite:./provider.db or sqlite::memory:")
      .describe("`sqlite:./provider.db` or `sqlite::memory:`."),
    secrets: z
      .array(z.string().refine((secret) => Buffer.byteLength(secret) >= 32, "must be at least 32 bytes long"))
      .min(1)
      .optional()
      .describe(
        "Current secret first, older ones after it. Protects the signing keys and the forms. May be left out for a loopback issuer only.",
      ),
    users: z
      .array(userSchema)
      .min(1)
      .refine((users) => unique(users, ({ id }) => id), "must not use an id twice")
      .refine((users) => unique(users, ({ email }) => email.toLowerCase()), "must not use an email twice")
      .optional()
      .describe(
        "Who can sign in. May be left out for a loopback issuer only: then alice@example.com, bob@example.com and carol@example.com can, with `alice-demo`, `bob-demo`, `carol-demo`.",
      ),
    clients: z
      .array(clientSchema)
      .min(1)
      .refine((clients) => unique(clients, ({ client_id }) => client_id), "must not use a client_id twice")
      .optional()
      .describe(
        "Agent runtimes that may ask for tokens. Default: one public client whose id is the address of `/agent-client.json`.",
      ),
    idJagClientId: z
      .enum(["issuer", "client"])
      .default("issuer")
      .describe(
        "`client_id` of the ID-JAGs: this provider's issuer, which every service accepts, or the id of the client that asked.",
      ),
    keyAlgorithm: z
      .enum(["ES256", "RS256"])
      .default("ES256")
      .describe("Algorithm of the first signing key. Later ones: `rotateKeys({ alg })`."),
    audiences: z
      .array(z.string())
      .min(1)
      .optional()
      .describe("Issuer URLs of the services ID-JAGs can be for. Default: any."),
    lifetimes: lifetimesSchema.describe("Lifetimes in seconds."),
    cookieName: z
      .string()
      .regex(/^[A-Za-z0-9_-]{1,64}$/, "must be letters, digits, _ and -")
      .default("agent_provider_session")
      .describe("Name of the session cookie. Cookies ignore ports: two servers on one host need two names."),
    logger: has<Logger>(["debug", "info", "warn", "error"])
      .optional()
      .describe("Anything with debug, info, warn and error that takes (fields, message); pino fits."),
    clock: has<Clock>(["now"]).optional().describe("For tests: a clock of your own, in integer seconds."),
    random: has<Random>(["bytes"]).optional().describe("For tests: a source of random bytes of your own."),
    backgroundWork: z
      .boolean()
      .default(true)
      .describe("Whether events are delivered on a timer. Switch it off where you call `flushEvents()`."),
    dangerouslyAllowHttpIssuer: z
      .boolean()
      .default(false)
      .describe("Allows http for an issuer that is not a loopback address. Tokens then travel in the clear."),
    dangerouslyAllowPrivateNetwork: z
      .boolean()
      .default(false)
      .describe("Lets services be on private addresses, over http too. For development."),
  })
  .superRefine((options, context) => {
    const problem = (path: (string | number)[], message: string) =>
      context.addIssue({ code: "custom", path, message });
    const issuer = parseIssuer(options.issuer, options.dangerouslyAllowHttpIssuer);
    if ("problem" in issuer) problem(["issuer"], issuer.problem);
    const isRemote = "url" in issuer && !isLoopback(issuer.url);
    for (const name of ["secrets", "users"] as const) {
      if (options[name] === undefined && isRemote)
        problem([name], "is required unless the issuer is a loopback address");
    }
    options.audiences?.forEach((audience, index) => {
      const parsed = parseIssuer(audience, true);
      if ("problem" in parsed) problem(["audiences", index], parsed.problem);
    });
  });
