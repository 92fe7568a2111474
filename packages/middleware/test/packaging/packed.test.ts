/** What a stranger gets from the registry: the tarball's contents, its types, and README.md's example in an empty folder. */
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { pathsUnder } from "../architecture/sources.js";
import { exampleOf, installInto, type Packed, pack, repository, run, startHost } from "./installed.js";

const minutes = 60_000;
let packed: Packed;
let host: string;

beforeAll(async () => {
  packed = await pack();
  host = await installInto(packed);
}, 5 * minutes);
afterAll(() => packed?.remove());

const readme = readFileSync(join(repository, "README.md"), "utf8");
const quickstart = exampleOf(readme, "quickstart.mjs");

/** An agent's first steps at a running host, up to a call of its API. */
async function registerAndCall(url: string): Promise<unknown> {
  const registered = await fetch(`${url}/agent/identity`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ type: "anonymous", client_name: "Packed" }),
  });
  expect(registered.status).toBe(200);
  const { identity_assertion } = (await registered.json()) as { identity_assertion: string };
  const exchanged = await fetch(`${url}/oauth2/token`, {
    method: "POST",
    body: new URLSearchParams({
      grant_type: "urn:ietf:params:oauth:grant-type:jwt-bearer",
      assertion: identity_assertion,
    }),
  });
  expect(exchanged.status).toBe(200);
  const { access_token } = (await exchanged.json()) as { access_token: string };
  const called = await fetch(`${url}/api/notes`, { headers: { authorization: `Bearer ${access_token}` } });
  expect(called.status).toBe(200);
  return called.json();
}

describe("the tarball", () => {
  test("holds what runs, and what tsc does not copy", () => {
    // Everything that is not TypeScript has to arrive where the compiled code looks for it.
    const source = join(repository, "packages/middleware/src");
    const assets = pathsUnder(source).filter((path) => /\.(ejs|css|sql|json|md|svg|js)$/.test(path));
    for (const kind of [".ejs", ".css", ".sql", "_journal.json"])
      expect(assets.some((path) => path.endsWith(kind))).toBe(true);
    const expected = [
      ...assets.map((path) => `dist/${path}`),
      "dist/index.js",
      "dist/index.d.ts",
      "dist/testing/index.js",
      "dist/testing/index.d.ts",
      "package.json",
      "README.md",
      "AUTH.md",
      "LICENSE",
    ];
    expect(expected.filter((path) => !packed.files.includes(path))).toEqual([]);
  });

  test("holds no sources, tests or databases", () => {
    const allowed = /^(dist\/.*|package\.json|README\.md|AUTH\.md|LICENSE)$/;
    expect(packed.files.filter((path) => !allowed.test(path))).toEqual([]);
    const stray = /\.test\.|(^|\/)(test|node_modules)\/|\.db$|\.tsbuildinfo$|[^d]\.ts$/;
    expect(packed.files.filter((path) => stray.test(path))).toEqual([]);
  });

  test("holds nothing that was deleted from the sources", () => {
    const orphans = packed.files
      .filter((path) => /^dist\/.*(?<!\.d)\.js$/.test(path))
      .map((path) => path.replace(/^dist\//, "packages/middleware/src/"))
      .filter(
        (path) => ![path, path.replace(/\.js$/, ".ts")].some((name) => existsSync(join(repository, name))),
      );
    expect(orphans).toEqual([]);
  });

  test("passes publint", async () => {
    const tarball = new Uint8Array(readFileSync(packed.tarball)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test(
    "passes attw as an ES module package",
    async () => {
      const attw = join(repository, "node_modules/@arethetypeswrong/cli/dist/index.js");
      await run(
        process.execPath,
        [attw, packed.tarball, "--profile", "esm-only", "--no-color"],
        packed.folder,
      );
    },
    2 * minutes,
  );
});

describe("in an empty folder", () => {
  test(
    "README.md's quickstart runs, and an agent registers at it",
    async () => {
      writeFileSync(join(host, "quickstart.mjs"), quickstart);
      const running = await startHost(host, "quickstart.mjs");
      try {
        expect(await registerAndCall(running.url)).toEqual({ notes: [], agent: expect.stringMatching(/./) });
        const document = await fetch(`${running.url}/auth.md`);
        expect(document.status).toBe(200);
        expect(await document.text()).toMatch(/^# auth\.md/);
        const page = await fetch(`${running.url}/agent/claim?claim_attempt_token=unknown`);
        expect(page.status).toBe(404);
        expect(page.headers.get("content-type")).toMatch(/^text\/html/);
      } finally {
        await running.stop();
      }
    },
    minutes,
  );

  test(
    "a CommonJS host can require it",
    async () => {
      const required = quickstart.replace(/^import (.+) from (".+");$/gm, "const $1 = require($2);");
      expect(required).not.toMatch(/^import /m);
      writeFileSync(join(host, "quickstart.cjs"), required);
      const running = await startHost(host, "quickstart.cjs");
      try {
        expect(await registerAndCall(running.url)).toMatchObject({ notes: [] });
      } finally {
        await running.stop();
      }
    },
    minutes,
  );

  test(
    "a strict TypeScript host compiles",
    async () => {
      writeFileSync(join(host, "host.mts"), typescriptHost);
      const options = {
        strict: true,
        noEmit: true,
        target: "ES2022",
        module: "NodeNext",
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        types: ["node"],
      };
      writeFileSync(
        join(host, "tsconfig.json"),
        JSON.stringify({ compilerOptions: options, files: ["host.mts"] }),
      );
      await run(process.execPath, [join(repository, "node_modules/typescript/bin/tsc")], host);
    },
    2 * minutes,
  );
});

const typescriptHost = `
import express, { type Request } from "express";
import { type Agent, type AgentAuth, agentAuth, type AgentAuthOptions, OptionsError } from "@agent-auth/middleware";

const options: AgentAuthOptions = {
  issuer: "https://api.example.com",
  resourceName: "Example Notes",
  scopes: { "api.read": "Read your notes" },
  preClaimScopes: ["api.read"],
  secrets: ["0123456789abcdef0123456789abcdef"],
  storage: "sqlite::memory:",
  accounts: {
    currentUser: (request: Request) =>
      request.headers.cookie === undefined ? null : { id: "1", email: "a@example.com", emailVerified: true },
    loginUrl: (returnTo) => "/login?return_to=" + encodeURIComponent(returnTo),
    findById: async (id) => ({ id }),
  },
};
const auth: AgentAuth = agentAuth(options);
const app = express();
app.use(auth);
app.get("/api/notes", auth.requireAgent("api.read"), (request, response) => {
  const agent: Agent | undefined = request.agent;
  const owner: string | null = agent?.user?.id ?? null;
  response.json({ owner, scopes: agent?.scopes ?? [] });
});
app.use(auth.errorHandler);
auth.on("claim.confirmed", ({ registrationId, userId }) => console.log(registrationId.length, userId.length));
// @ts-expect-error not an event
auth.on("claim.eaten", () => {});
// @ts-expect-error resourceName is missing
const incomplete: AgentAuthOptions = { ...options, resourceName: undefined };
const problems: { path: string; message: string }[] = new OptionsError([]).problems;
console.log(incomplete, problems);
`;
