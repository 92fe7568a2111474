// Jest environment: Node's, in which large dependencies are those of the worker itself. Jest loads every module anew for
// every test file, and loading these was a fifth of what a file took. They are not what is tested, and keep nothing of
// a test. Their objects are of the worker's realm, like those of Node's own modules, and so is the clock they read: whose
// clock a test holds (rate-limiter-flexible) is not among them.
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { TestEnvironment } from "jest-environment-node";

/** Where the modules are that stand for the dependencies: `resolver.cjs` leads there. */
const folder = fileURLToPath(new URL("../.test-results/shared/", import.meta.url));

const names = [
  "drizzle-orm",
  "drizzle-orm/pg-core",
  "drizzle-orm/sqlite-core",
  "jose",
  "nodemailer",
  "pg",
  "supertest",
  "zod",
];

let loading;

/** The dependencies, loaded by the worker once, by name. */
function load() {
  loading ??= Promise.all(names.map(async (name) => [name, await import(name)])).then(Object.fromEntries);
  return loading;
}

/** Writes a module for each, with the same exports. */
export async function writeShared() {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  for (const [name, module] of Object.entries(await load())) {
    const source = `const module = globalThis.sharedDependencies[${JSON.stringify(name)}];\n`;
    const exported = Object.keys(module).map(
      (key, index) =>
        `const e${index} = module[${JSON.stringify(key)}];\nexport { e${index} as ${JSON.stringify(key)} };\n`,
    );
    writeFileSync(`${folder}${name.replaceAll("/", "__")}.mjs`, source + exported.join(""));
  }
}

export default class SharingEnvironment extends TestEnvironment {
  async setup() {
    await super.setup();
    this.global.sharedDependencies = await load();
  }
}
