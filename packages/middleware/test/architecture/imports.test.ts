/** The arrows of docs/architecture.md: who may import whom. Any other arrow fails here. */
import { join } from "node:path";
import { describe, expect, test } from "@jest/globals";
import {
  importsOf,
  middleware,
  placeOf,
  repository,
  type Source,
  sourcesUnder,
  targetOf,
} from "./sources.js";

const folder = join(middleware, "src");

interface Rule {
  /** Folders (with a slash) and files of ours. */
  ours: string[];
  /** The same, for types only. */
  types?: string[];
  packages?: string[];
  /** Packages for types only. */
  packageTypes?: string[];
}

// The composition root is the only file that may see everything.
const root = "agent-auth.ts";

// The ports are one thing in several files; `ports.ts` re-exports the others.
const ports = [
  "ports.ts",
  "store-port.ts",
  "identity-store-port.ts",
  "mail-store-port.ts",
  "retention-store-port.ts",
  "refresh-store-port.ts",
  "claim-store-port.ts",
  "admin-queries-port.ts",
  "admin-jobs-port.ts",
  "metrics-port.ts",
];

// A file's rule is the one with the longest matching prefix.
const rules: Record<string, Rule> = {
  "index.ts": {
    ours: ["agent.ts", "agent-auth.ts", "handle.ts", "options.ts", "ports.ts"],
    types: ["admin-handle.ts", ...ports],
  },
  "agent.ts": { ours: ["protocol/"] },
  "handle.ts": { ours: ["agent.ts", "protocol/"], types: ["admin-handle.ts"], packageTypes: ["express"] },
  "options.ts": {
    ours: ["options-schema.ts", "option-checks.ts", "provider-options.ts", "protocol/"],
    packageTypes: ["zod"],
  },
  "option-checks.ts": {
    ours: ["provider-options.ts", "protocol/"],
    types: ["options-schema.ts"],
    packages: ["@agent-auth/web/addresses"],
    packageTypes: ["zod"],
  },
  "endpoint-options.ts": { ours: [], packages: ["zod"] },
  "mail-options.ts": { ours: [], types: [...ports], packages: ["zod"] },
  "provider-options.ts": { ours: ["endpoint-options.ts", "protocol/"], packages: ["zod"] },
  "storage-options.ts": { ours: [], types: [...ports], packages: ["zod"] },
  "options-schema.ts": {
    ours: [
      "storage-options.ts",
      "endpoint-options.ts",
      "mail-options.ts",
      "provider-options.ts",
      "protocol/",
    ],
    types: [...ports],
    packages: ["zod"],
    packageTypes: ["express"],
  },
  "ports.ts": { ours: [...ports, "protocol/"], packageTypes: ["express"] },
  "store-port.ts": { ours: [...ports, "protocol/"] },
  "identity-store-port.ts": { ours: ["protocol/"] },
  "claim-store-port.ts": { ours: ["protocol/"] },
  "admin-queries-port.ts": { ours: ["protocol/"] },
  "admin-jobs-port.ts": { ours: ["admin-queries-port.ts", "protocol/"] },
  "settings-view.ts": { ours: [], types: ["options.ts"] },
  "metrics-port.ts": { ours: ["protocol/"] },
  "observation.ts": { ours: ["system/", ...ports], types: ["options.ts"] },
  "admin-surface.ts": {
    ours: ["settings-view.ts", "provider-options.ts", "flows/", "protocol/"],
    types: ["admin-handle.ts", "options.ts", ...ports],
  },
  "admin-handle.ts": { ours: ["admin-jobs-port.ts", "admin-queries-port.ts", "protocol/"] },
  "mail-store-port.ts": { ours: ["protocol/"] },
  "refresh-store-port.ts": { ours: ["protocol/"] },
  "retention-store-port.ts": { ours: ["protocol/"] },
  "registration-surface.ts": {
    ours: ["registration-summary.ts", "flows/", "protocol/"],
    types: ["handle.ts", ...ports],
  },
  "outgoing-mail.ts": {
    ours: ["emails/", "flows/", "system/"],
    types: ["options.ts", "protocol/", ...ports],
  },
  "registration-summary.ts": { ours: ["protocol/"], types: ["handle.ts"] },

  "protocol/": {
    ours: ["protocol/"],
    packages: [
      // Pure as well: values in, values out.
      "@agent-auth/web/addresses",
      "@agent-auth/web/secrets",
      "ipaddr.js",
      "zod",
      "node:crypto",
      "node:url",
      "node:zlib",
    ],
    packageTypes: ["jose"],
  },
  "flows/": { ours: ["flows/", "protocol/", ...ports], types: ["agent.ts", "admin-handle.ts"] },
  "http/": {
    ours: ["http/", "flows/", "protocol/", ...ports, "views/"],
    types: ["agent.ts", "handle.ts", "options.ts"],
    packages: [
      "@agent-auth/web/page-security",
      "@agent-auth/web/reply",
      "@agent-auth/web/secrets",
      "content-type",
      "express",
      "on-headers",
      "raw-body",
      "zod",
    ],
    packageTypes: ["node:http"],
  },

  // The command line: a process of its own, which shares the storage with nobody.
  "cli/": { ours: ["cli/", "storage/"], packageTypes: ["pg"], packages: ["node:util"] },
  "storage/": {
    ours: ["storage/", "protocol/", ...ports],
    packages: [
      "better-sqlite3",
      "drizzle-orm",
      // Loaded only where a PostgreSQL URL is given: it is an optional peer.
      "pg",
      "rate-limiter-flexible",
      "node:crypto",
      "node:fs",
      "node:path",
      "node:tls",
      "node:url",
    ],
  },
  "keys/": {
    ours: ["keys/", "protocol/", ...ports],
    packages: [
      "@agent-auth/web/guarded-request",
      "@agent-auth/web/secrets",
      "jose",
      "lru-cache",
      "node:crypto",
    ],
  },
  "system/": {
    ours: ["system/", "protocol/", ...ports],
    packages: ["@agent-auth/web/addresses", "nodemailer", "node:crypto", "node:module"],
    packageTypes: ["prom-client"],
  },
  "emails/": {
    ours: ["emails/", "views/", "protocol/", ...ports],
    packages: ["@agent-auth/web/visible-text", "ejs", "node:fs", "node:path", "node:url"],
  },
  "views/": {
    ours: ["views/", "protocol/"],
    packages: ["@agent-auth/web/rendering", "@agent-auth/web/visible-text", "ejs", "node:fs"],
  },
  "testing/": {
    ours: ["testing/", "protocol/", ...ports],
    packages: ["node:assert", "node:assert/strict", "node:crypto", "node:test"],
  },
};

function ruleFor(path: string): Rule | undefined {
  const [longest] = Object.keys(rules)
    .filter((prefix) => (prefix.endsWith("/") ? path.startsWith(prefix) : path === prefix))
    .sort((one, other) => other.length - one.length);
  return longest === undefined ? undefined : rules[longest];
}

function isAllowed(rule: Rule, target: string, isTypeOnly: boolean): boolean {
  const isOurs = target.endsWith(".ts");
  const allowed = isOurs
    ? [...rule.ours, ...(isTypeOnly ? (rule.types ?? []) : [])]
    : [...(rule.packages ?? []), ...(isTypeOnly ? (rule.packageTypes ?? []) : [])];
  return allowed.some((entry) => (entry.endsWith("/") ? target.startsWith(entry) : target === entry));
}

describe("imports of packages/middleware/src", () => {
  const sources = sourcesUnder(folder).filter(({ path }) => path !== root);

  test("finds the sources", () => {
    expect(sources.map(({ path }) => path)).toContain("protocol/state.ts");
  });

  test("every file has a rule", () => {
    expect(sources.map(({ path }) => path).filter((path) => ruleFor(path) === undefined)).toEqual([]);
  });

  test("no arrow but the allowed ones", () => {
    const forbidden = sources.flatMap((source) => {
      const rule = ruleFor(source.path);
      if (rule === undefined) return [];
      return importsOf(source)
        .map((found) => ({ ...found, target: targetOf(folder, source, found.specifier) }))
        .filter(({ target, isTypeOnly }) => !isAllowed(rule, target, isTypeOnly))
        .map(
          ({ target, isTypeOnly, node }) =>
            `${placeOf(source, node)} -> ${target}${isTypeOnly ? " (type)" : ""}`,
        );
    });
    expect(forbidden).toEqual([]);
  });

  test("nobody but index.ts imports the composition root", () => {
    const importers = sources.filter((source) =>
      importsOf(source).some(({ specifier }) => targetOf(folder, source, specifier) === root),
    );
    expect(importers.map(({ path }) => path)).toEqual(["index.ts"]);
  });
});

describe("imports of packages/web/src", () => {
  // What `protocol/` may import has to be as pure as `protocol/` is.
  const pure: Record<string, string[]> = {
    "addresses.ts": ["ipaddr.js"],
    "secrets.ts": ["node:crypto"],
    "visible-text.ts": [],
  };
  const web = join(repository, "packages/web/src");
  const sources = sourcesUnder(web);
  const targetsOf = (source: Source) =>
    importsOf(source).map(({ specifier }) => targetOf(web, source, specifier));

  test.each(Object.keys(pure))("%s is pure", (path) => {
    const source = sources.find((candidate) => candidate.path === path) as Source;
    expect(targetsOf(source).filter((target) => !pure[path]?.includes(target))).toEqual([]);
  });

  test("no other package of ours", () => {
    expect(sources.flatMap(targetsOf).filter((target) => target.startsWith("@agent-auth/"))).toEqual([]);
  });
});
