/** Owns how the demo is put together: the one file that knows every part. */
import { fileURLToPath } from "node:url";
import { type AgentAuth, agentAuth } from "@agent-auth/middleware";
import { isLoopback } from "@agent-auth/web/addresses";
import ejs from "ejs";
import express, { type Express, type Request } from "express";
import type { Logger } from "pino";
import { openAccounts } from "./accounts.js";
import { type Context, personOf } from "./context.js";
import { dashboard, dashboardPath } from "./dashboard.js";
import { openDatabase } from "./database.js";
import type { Environment } from "./environment.js";
import { handleErrors, notFound } from "./failures.js";
import { loginThrottle } from "./login-throttle.js";
import { openMail } from "./mail.js";
import { openNotes } from "./notes.js";
import { securityHeaders } from "./page-security.js";
import { receivedEvents } from "./received-events.js";
import { withReturnTo } from "./return-to.js";
import { agentsRoutes } from "./routes/agents.js";
import { eventsRoutes } from "./routes/events.js";
import { healthzRoutes } from "./routes/healthz.js";
import { homeRoutes } from "./routes/home.js";
import { loginRoutes } from "./routes/login.js";
import { logoutRoutes } from "./routes/logout.js";
import { notesApiRoutes } from "./routes/notes-api.js";
import { notesFormRoutes } from "./routes/notes-form.js";
import { outboxRoutes } from "./routes/outbox.js";
import { signupRoutes } from "./routes/signup.js";
import { verifyRoutes } from "./routes/verify.js";
import { providerName } from "./sample-provider.js";
import { scopes } from "./scopes.js";
import { deriveSessionKey, loadSecret } from "./secret.js";
import { sessions } from "./sessions.js";

const folder = (name: string) => fileURLToPath(new URL(name, import.meta.url));

const limits = { on: { anonymousPerIpPerHour: 100 }, library: undefined, off: false } as const;

/**
 * Where the mailed link is the only way in, three an hour are soon used up by somebody who plays agents. Captured mail
 * floods nobody's mailbox, so there may be more of it; mail that really leaves keeps the library's caps.
 */
function mailCaps({ claimSignIn, smtpUrl, rateLimits }: Environment) {
  const mayRaise = claimSignIn === "email" && smtpUrl === undefined && rateLimits === "on";
  return mayRaise ? { perAddressPerHour: 100, perAddressPerDay: 1000, perIpPerHour: 1000 } : {};
}

export interface Demo {
  app: Express;
  auth: AgentAuth;
  /** Writes what is batched and closes the database. */
  close(): Promise<void>;
}

/** Builds the demo for a known address; it does not listen. */
export async function createDemo(
  environment: Environment & { baseUrl: string },
  { logger, providerIssuer }: { logger: Logger; providerIssuer: string | null },
): Promise<Demo> {
  const { baseUrl, databasePath, ceremony, claimSignIn } = environment;
  const sample = providerIssuer === null ? [] : [{ issuer: providerIssuer, name: providerName }];
  const providers = [...sample, ...environment.trustedProviders];
  const secure = baseUrl.startsWith("https:");
  const secret = loadSecret(environment.secret, databasePath);
  const database = openDatabase(databasePath);
  const accounts = openAccounts(database);
  await accounts.seed();
  const mail = openMail({ smtpUrl: environment.smtpUrl, baseUrl, database, logger });

  const auth = agentAuth({
    issuer: baseUrl,
    resourceName: "Agent Auth Demo Notes",
    scopes,
    preClaimScopes: ["api.read"],
    secrets: [secret],
    storage: environment.postgresUrl ?? `sqlite:${databasePath ?? ":memory:"}`,
    accounts: {
      // Without these two the library has people prove their mailbox by the link in its mail.
      ...(claimSignIn === "host" && {
        currentUser: (request: Request) => personOf(request, accounts),
        loginUrl: (returnTo: string) => withReturnTo("/login", returnTo),
      }),
      findById: (id) => accounts.findById(id),
      findByEmail: (email) => accounts.findByEmail(email),
      create: (person) => accounts.create(person),
    },
    mail: { ...mail.options, ...mailCaps(environment) },
    ceremony,
    // Without a provider there is nothing to say about them: the way to register is not offered then.
    ...(providers.length === 0 ? {} : { trustedProviders: providers, publishTrustedProviders: true }),
    // On one's own computer providers are there too. A demo that others reach must not fetch from its own network.
    dangerouslyAllowPrivateNetwork: isLoopback(new URL(baseUrl)),
    wrongAccount: environment.wrongAccount,
    limits: limits[environment.rateLimits],
    lifetimes: environment.lifetimes,
    logger: logger.child({ part: "agent-auth" }),
  });

  const context: Context = {
    baseUrl,
    auth,
    accounts,
    notes: openNotes(database),
    mail,
    ceremony,
    claimSignIn,
    throttle: loginThrottle(),
    events: receivedEvents(),
    providers,
    sampleProvider: providerIssuer,
    logger,
  };

  const app = express();
  app.disable("x-powered-by");
  app.engine("ejs", ejs.renderFile as Parameters<Express["engine"]>[1]);
  app.set("views", folder("views"));
  app.set("view engine", "ejs");
  app.enable("view cache");
  // Pages lead to the outbox where there is one, and operators to their dashboard.
  app.locals.outboxUrl = mail.outbox === null ? null : "/dev/outbox";
  app.locals.dashboardUrl = dashboardPath;
  // An https address means a proxy on this machine or its network ends TLS: its word on address and scheme counts.
  if (secure) app.set("trust proxy", ["loopback", "linklocal", "uniquelocal"]);

  app.use(securityHeaders(baseUrl, providerIssuer));
  app.use("/assets", express.static(folder("assets"), { index: false, maxAge: 0 }));
  // Browsers ask for it on the library's pages too, which name no icon.
  app.get("/favicon.ico", (_request, response) => response.sendFile(`${folder("assets")}/mark.svg`));
  app.use(sessions({ database, key: deriveSessionKey(secret), secure }));
  app.post("/agent/event/notify", ...context.events.watch);
  app.use(auth);
  app.use(dashboardPath, dashboard(context));
  for (const routes of [
    healthzRoutes,
    notesApiRoutes,
    homeRoutes,
    loginRoutes,
    logoutRoutes,
    signupRoutes,
    verifyRoutes,
    notesFormRoutes,
    agentsRoutes,
    outboxRoutes,
    eventsRoutes,
  ])
    app.use(routes(context));
  app.use(notFound);
  // The body of an event is read here: what is wrong with one is still the library's to say.
  app.use(auth.errorHandler);
  app.use(handleErrors(logger));

  return {
    app,
    auth,
    async close() {
      await auth.close();
      await mail.close();
      database.close();
    },
  };
}
