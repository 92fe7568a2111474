/** Owns putting together what the HTTP layer works with. */
import type { FlowContext } from "./flows/context.js";
import type { Services } from "./http/services.js";
import { deriveKeys } from "./keys/derived-keys.js";
import type { Settings } from "./options.js";
import { pathOf } from "./protocol/issuer.js";
import { clientMetadata, paths, serverMetadata } from "./protocol/metadata.js";
import type { SigningAlgorithm } from "./protocol/model.js";
import { createRenderer, pageStylesheet } from "./views/render.js";

export function createServices(parts: {
  settings: Readonly<Settings>;
  context: FlowContext;
  algorithms: () => SigningAlgorithm[];
  deliver: (jti: string) => Promise<void>;
}): Services {
  const { settings, context, algorithms, deliver } = parts;
  const { issuer, name } = settings;
  const base = pathOf(issuer);
  const { css, fingerprint } = pageStylesheet();
  const stylesheetPath = `${base}/agent-provider-${fingerprint}.css`;
  const [csrfKey, ...olderCsrfKeys] = deriveKeys(settings.secrets, "page-csrf").map(({ key }) => key);
  return {
    context,
    csrfKeys: [csrfKey as Buffer, ...olderCsrfKeys],
    cookie: {
      name: settings.cookieName,
      path: base === "" ? "/" : base,
      isHttps: new URL(issuer).protocol === "https:",
      sameSite: "lax",
    },
    origin: new URL(issuer).origin,
    base,
    stylesheetPath,
    renderPage: createRenderer({
      providerName: name,
      stylesheetPath,
      delegationsPath: base + paths.delegations,
      signOutPath: base + paths.signOut,
    }),
    documents: {
      metadata: () => serverMetadata(issuer, algorithms()),
      clientMetadata: clientMetadata(issuer, `${name} agent`),
      stylesheet: css,
    },
    demoAccounts: settings.hasDemoUsers
      ? settings.users.map(({ email, password }) => ({ email, password }))
      : [],
    deliver,
  };
}
