/** What a stranger gets from the registry: the tarballs' contents, their types, and hosts that use them. */
import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "@jest/globals";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { pathsUnder } from "../architecture/sources.js";
import { callAgain, callsWith, idJagAgent, operatorRevokes, registerAndCall } from "./first-steps.js";
import {
  asCommonJs,
  exampleOf,
  installInto,
  packAll,
  publishable,
  repository,
  run,
  startHost,
  type Tarball,
} from "./installed.js";
import { typescriptHosts } from "./typescript-hosts.js";

const minutes = 60_000;
let packed: Awaited<ReturnType<typeof packAll>>;
let host: string;

beforeAll(async () => {
  packed = await packAll();
  host = await installInto(packed.folder, packed.tarballs);
}, 5 * minutes);
afterAll(() => packed?.remove());

const readme = readFileSync(join(repository, "README.md"), "utf8");
const quickstart = exampleOf(readme, "quickstart.mjs");
const everything = readFileSync(new URL("hosts/everything.mjs", import.meta.url), "utf8");
const names = publishable.map(({ manifest }) => manifest.name);

test("the packages that can be published are packed, whichever there are", () => {
  expect(packed.tarballs.map(({ manifest }) => manifest.name)).toEqual(names);
  for (const name of ["middleware", "admin", "provider"]) expect(names).toContain(`@agent-auth/${name}`);
});

const imports = [
  /^(?:import|export)\b[^"';]*?\bfrom "([^"]+)"/gm,
  /^import "([^"]+)"/gm,
  /\bimport\("([^"]+)"\)/g,
];

/** Packages that the compiled files and their declarations name. */
function importedBy({ source, files }: Tarball): Set<string> {
  const modules = new Set<string>();
  for (const path of files.filter((path) => /\.(js|d\.ts)$/.test(path))) {
    const text = readFileSync(join(source, path), "utf8");
    for (const pattern of imports)
      for (const [, name = ""] of text.matchAll(pattern))
        if (!/^(node:|\.)/.test(name)) modules.add(name.split("/", name.startsWith("@") ? 2 : 1).join("/"));
  }
  return modules;
}

describe.each(names)("the tarball of %s", (name) => {
  const tarball = () => packed.tarballs.find(({ manifest }) => manifest.name === name) as Tarball;

  test("holds what runs, and what tsc does not copy", () => {
    const { source, files, manifest } = tarball();
    // Everything that is not TypeScript has to arrive where the compiled code looks for it.
    const assets = pathsUnder(join(source, "src"))
      // Folders are listed too.
      .filter((path) => /\.\w+$/.test(path) && !path.endsWith(".ts"));
    const named = Object.values(manifest.exports ?? {}).flatMap((entry) => Object.values(entry));
    const targets = [...named.filter((path) => path.startsWith("./")), ...Object.values(manifest.bin ?? {})];
    const expected = [
      ...assets.map((path) => `dist/${path}`),
      ...targets.map((path) => path.replace("./", "")),
      "package.json",
      "README.md",
      "LICENSE",
    ];
    expect(expected.filter((path) => !files.includes(path))).toEqual([]);
  });

  test("holds no sources, tests or databases, and nothing that was deleted from the sources", () => {
    const { source, files } = tarball();
    const allowed = /^(dist\/.*|package\.json|README\.md|AUTH\.md|LICENSE)$/;
    expect(files.filter((path) => !allowed.test(path))).toEqual([]);
    const stray = /\.test\.|(^|\/)(test|node_modules)\/|\.db$|\.tsbuildinfo$|[^d]\.ts$/;
    expect(files.filter((path) => stray.test(path))).toEqual([]);
    const orphans = files
      .filter((path) => /^dist\/.*(?<!\.d)\.js$/.test(path))
      .map((path) => path.replace(/^dist\//, "src/"))
      .filter((path) => ![path, path.replace(/\.js$/, ".ts")].some((file) => existsSync(join(source, file))));
    expect(orphans).toEqual([]);
  });

  test("declares every package it imports, and imports every one it declares", () => {
    const { manifest } = tarball();
    const declared = Object.keys({ ...manifest.dependencies, ...manifest.peerDependencies });
    const imported = [...importedBy(tarball())];
    expect(imported.filter((module) => !declared.includes(module))).toEqual([]);
    expect(Object.keys(manifest.dependencies ?? {}).filter((module) => !imported.includes(module))).toEqual(
      [],
    );
  });

  test("passes publint", async () => {
    const bytes = new Uint8Array(readFileSync(tarball().path)).buffer;
    const { messages, pkg } = await publint({ pack: { tarball: bytes }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test(
    "passes attw as an ES module package",
    async () => {
      const attw = join(repository, "node_modules/@arethetypeswrong/cli/dist/index.js");
      const parameters = [attw, tarball().path, "--profile", "esm-only", "--no-color"];
      await run(process.execPath, parameters, packed.folder);
    },
    2 * minutes,
  );
});

describe("in an empty folder", () => {
  test("npm finds nothing missing, and optional peers were not brought along", async () => {
    await run("npm", ["ls", "--all"], host);
    const optional = packed.tarballs.flatMap(({ manifest }) =>
      Object.keys(manifest.peerDependenciesMeta ?? {}),
    );
    expect(optional).toEqual(expect.arrayContaining(["pg", "prom-client"]));
    for (const peer of optional)
      expect([peer, existsSync(join(host, "node_modules", peer))]).toEqual([peer, false]);
  });

  const commands = publishable.flatMap(({ manifest }) =>
    Object.entries(manifest.bin ?? {}).map(([command, path]) => [command, manifest.name, path] as const),
  );

  test.each(commands)(
    "the command %s of %s is linked, and says by which program it is run",
    (command, name, path) => {
      expect(statSync(join(host, "node_modules/.bin", command)).mode & 0o111).toBe(0o111);
      const text = readFileSync(join(host, "node_modules", name, path), "utf8");
      expect(text.split("\n", 1)).toEqual(["#!/usr/bin/env node"]);
    },
  );

  const loaded = [
    { modules: "ES modules", extension: "mjs", write: (source: string) => source },
    { modules: "CommonJS", extension: "cjs", write: asCommonJs },
  ];

  test.each(loaded)(
    "README.md's quickstart runs in $modules, and an agent registers at it",
    async (kind) => {
      const running = await startHost(host, `quickstart.${kind.extension}`, kind.write(quickstart));
      try {
        const { called } = await registerAndCall(running.url);
        expect(called).toEqual({ notes: [], agent: expect.stringMatching(/./) });
        const document = await fetch(`${running.url}/auth.md`);
        expect([document.status, (await document.text()).slice(0, 9)]).toEqual([200, "# auth.md"]);
        const page = await fetch(`${running.url}/agent/claim?claim_attempt_token=unknown`);
        expect([page.status, page.headers.get("content-type")]).toEqual([404, "text/html; charset=utf-8"]);
        expect(running.said()).not.toMatch(/warning|error/i);
      } finally {
        await running.stop();
      }
    },
    minutes,
  );

  test.each(loaded)(
    "service, dashboard and provider work together in $modules",
    async (kind) => {
      const running = await startHost(host, `everything.${kind.extension}`, kind.write(everything));
      try {
        const { registrationId, token } = await registerAndCall(running.url);
        const vouched = await idJagAgent(running.url);
        expect(await callsWith(running.url, vouched.token)).toEqual([
          200,
          { agent: vouched.registrationId, user: { id: expect.any(String) } },
        ]);
        await operatorRevokes(running.url, registrationId);
        expect(await callAgain(running.url, token)).toBe(401);
        expect(await callAgain(running.url, vouched.token)).toBe(200);
        expect(running.said()).not.toMatch(/warning|error/i);
      } finally {
        await running.stop();
      }
    },
    minutes,
  );

  test.each(Object.entries(typescriptHosts))(
    "a strict TypeScript host compiles with %s",
    async (_name, { file, source, options }) => {
      writeFileSync(join(host, file), source);
      const strict = {
        strict: true,
        noEmit: true,
        target: "ES2022",
        exactOptionalPropertyTypes: true,
        noUncheckedIndexedAccess: true,
        types: ["node"],
      };
      const config = `tsconfig.${file}.json`;
      writeFileSync(
        join(host, config),
        JSON.stringify({ compilerOptions: { ...strict, ...options }, files: [file] }),
      );
      await run(process.execPath, [join(repository, "node_modules/typescript/bin/tsc"), "-p", config], host);
    },
    2 * minutes,
  );
});
