// `npm run docs`: writes docs/options.md, docs/errors.md and every region between `<!-- generated:NAME -->` and
// `<!-- /generated -->` in the Markdown files of the root and the packages, from the built middleware; then copies the
// root's AUTH.md to where the middleware renders it from.
// `--check` writes nothing and fails when something is out of date; `--into DIR` works on another folder's copy;
// `--list` prints what is generated. Build first: the tables come from packages/middleware/dist.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { z } from "zod";

const root = fileURLToPath(new URL("..", import.meta.url));
const built = join(root, "packages/middleware/dist");
const flags = process.argv.slice(2);
const into = flags.includes("--into") ? flags[flags.indexOf("--into") + 1] : root;

const notice = "<!-- Generated from the code by `npm run docs`. Do not edit. -->";

if (!existsSync(join(built, "options.js"))) {
  process.stderr.write("The middleware is not built. Run `npm run build` first.\n");
  process.exit(1);
}
const { optionsSchema } = await import(join(built, "options.js"));
const { errorTable } = await import(join(built, "protocol/errors.js"));

// --- Markdown ---------------------------------------------------------------------------------------------------

const cell = (text) => String(text).replaceAll("|", "\\|").replaceAll("\n", " ").trim();
const code = (text) => `\`${text}\``;

function table(head, rows) {
  const line = (cells) => `| ${cells.map(cell).join(" | ")} |`;
  return [line(head), line(head.map(() => "---")), ...rows.map(line)].join("\n");
}

// --- Errors -----------------------------------------------------------------------------------------------------

const families = {
  agent: {
    heading: "Agent endpoints",
    intro:
      "Registration and claim. The JSON body has `error`, `code`, `message` and `error_description` (what happened, then what to do).",
    names: ["error", "code"],
  },
  oauth: {
    heading: "OAuth endpoints",
    intro: "Token and revocation. The JSON body has `error` and `error_description` (RFC 6749 section 5.2).",
    names: ["error"],
  },
  resource: {
    heading: "Protected routes",
    intro:
      "Your API behind `requireAgent` and `acceptAgent`. The answer is in `WWW-Authenticate` too (RFC 6750 section 3.1).",
    names: ["error"],
  },
  event: {
    heading: "Provider events",
    intro: "Security Event Tokens. The JSON body has `err` and `description` (RFC 8935 section 2.3).",
    names: ["error"],
    shownAs: "err",
  },
};
const ofAgents = ["agent", "oauth", "resource"];
const rowsOf = (family) => Object.values(errorTable).filter((row) => row.family === family);

for (const { family } of Object.values(errorTable))
  if (families[family] === undefined)
    throw new Error(`generate-docs: no heading for the error family ${family}.`);

function errorRows(family) {
  const { names, shownAs } = families[family];
  const head = [...names.map((name) => code(shownAs ?? name)), "Status", "When", "What to do"];
  const cells = (row) => [...names.map((name) => code(row[name])), row.status, row.message, row.remedy];
  return table(head, rowsOf(family).map(cells));
}

function errorsPage() {
  const used = Object.keys(families).filter((family) => rowsOf(family).length > 0);
  const sections = used.flatMap((family) => [
    `## ${families[family].heading}`,
    families[family].intro,
    errorRows(family),
  ]);
  const intro =
    "Every refusal this service can send. Branch on `error` and the status; the sentences are for people and may change.";
  return `${["# Errors", notice, intro, ...sections].join("\n\n")}\n`;
}

// --- Options ----------------------------------------------------------------------------------------------------

// Objects with methods that a schema can only recognise, not describe. Their types are in `ports.ts`.
const interfaces = {
  logger: "`Logger`",
  clock: "`Clock`",
  random: "`Random`",
  storage: "string or `Store`",
  "metrics.registry": "`Registry`",
};

/** A custom schema that takes a function is a hook; its message says how the function is called. */
function describeHook({ zodSchema, jsonSchema }) {
  if (zodSchema._zod.def.type !== "custom" || !zodSchema.safeParse(() => undefined).success) return;
  const message = zodSchema.safeParse(null).error?.issues[0]?.message ?? "";
  jsonSchema.isFunction = true;
  jsonSchema.call = /\((.*)\)$/s.exec(message)?.[1];
}

function typeOf(path, schema) {
  if (interfaces[path] !== undefined) return interfaces[path];
  if (schema.isFunction) return "function";
  if (schema.const !== undefined) return code(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => code(JSON.stringify(value))).join(" or ");
  if (schema.anyOf !== undefined) return schema.anyOf.map((part) => typeOf("", part)).join(" or ");
  if (schema.type === "array") {
    const item = typeOf("", schema.items);
    return item.includes(" or ") ? `array of ${item}` : `${item}[]`;
  }
  if (schema.type === "object" && schema.properties === undefined)
    return `object of ${typeOf("", schema.additionalProperties)}s`;
  return schema.type;
}

function boundsOf(schema) {
  const bounds = [];
  const range = (least, most, unit) => {
    if (least !== undefined && most !== undefined) bounds.push(`${least} to ${most}${unit}`);
    else if (least !== undefined) bounds.push(`at least ${least}${unit}`);
    else if (most !== undefined) bounds.push(`at most ${most}${unit}`);
  };
  range(schema.minimum, schema.maximum, "");
  range(schema.minLength, schema.maxLength, " characters");
  range(schema.minItems, schema.maxItems, "");
  if (schema.format === "uri") bounds.push("a URL");
  return bounds.join(", ");
}

/** The part of a schema that has members of its own: `limits` is `false` or such an object. */
function groupOf(schema) {
  return [schema, ...(schema.anyOf ?? [])].find((part) => part.properties !== undefined);
}

function optionRow(path, schema, isRequired) {
  const fallback = schema.default === undefined ? "" : code(JSON.stringify(schema.default));
  const description = [schema.description, schema.call && `Called as ${code(schema.call)}.`];
  return [
    code(path),
    typeOf(path, schema),
    isRequired ? "**required**" : fallback,
    boundsOf(schema),
    description.filter(Boolean).join(" "),
  ];
}

/** A table of options without the columns nobody fills. */
function optionTable(rows) {
  const head = ["Option", "Type", "Default", "Bounds", "Meaning"];
  const used = head.map((_name, column) => rows.some((row) => row[column] !== ""));
  const keep = (cells) => cells.filter((_text, column) => used[column]);
  return table(keep(head), rows.map(keep));
}

const schema = z.toJSONSchema(optionsSchema, { unrepresentable: "any", io: "input", override: describeHook });

function optionsPage() {
  const members = Object.entries(schema.properties);
  const single = members.filter(([, member]) => groupOf(member) === undefined);
  const groups = members.filter(([, member]) => groupOf(member) !== undefined);
  const row =
    (parent, prefix) =>
    ([name, member]) =>
      optionRow(`${prefix}${name}`, member, parent.required?.includes(name) ?? false);

  const sections = groups.map(([name, member]) => {
    const group = groupOf(member);
    const isRequired = schema.required.includes(name) ? "Required. " : "";
    const intro = `${isRequired}${member.description ?? group.description ?? ""}`;
    const rows = Object.entries(group.properties).map(row(group, `${name}.`));
    return `## ${code(name)}\n\n${intro}\n\n${optionTable(rows)}`;
  });
  const intro =
    "What `agentAuth(options)` takes. Options are checked at once and all problems are reported together; an unknown option is one of them.";
  const top = optionTable(single.map(row(schema, "")));
  return `${["# Options", notice, intro, top, ...sections].join("\n\n")}\n`;
}

const mostUsed = ["issuer", "scopes", "preClaimScopes", "storage", "accounts"];

function mostUsedOptions() {
  const rows = mostUsed.map((name) => {
    const member = schema.properties[name];
    if (member === undefined) throw new Error(`generate-docs: ${name} is no longer an option.`);
    const isRequired = schema.required.includes(name);
    return [code(name), typeOf(name, member), isRequired ? "yes" : "", member.description];
  });
  return table(["Option", "Type", "Required", "Meaning"], rows);
}

// --- Files ------------------------------------------------------------------------------------------------------

const regions = {
  options: mostUsedOptions,
  errors: () =>
    ofAgents.map((family) => `### ${families[family].heading}\n\n${errorRows(family)}`).join("\n\n"),
  "errors-agent": () => errorRows("agent"),
  "errors-oauth": () => errorRows("oauth"),
  "errors-resource": () => errorRows("resource"),
};
const region = /(<!-- generated:([a-z-]+) -->)[\s\S]*?(<!-- \/generated -->)/g;

function fillRegions(path, text) {
  return text.replace(region, (_all, open, name, close) => {
    if (regions[name] === undefined) throw new Error(`${path} has a region ${name} that nobody generates.`);
    return `${open}\n\n${regions[name]()}\n\n${close}`;
  });
}

function markdownFiles() {
  const ofRoot = readdirSync(into).filter((name) => name.endsWith(".md"));
  const packages = existsSync(join(into, "packages")) ? readdirSync(join(into, "packages")) : [];
  const ofPackages = packages.map((name) => `packages/${name}/README.md`);
  return [...ofRoot, ...ofPackages].filter((path) => existsSync(join(into, path)));
}

// Files that have to be somewhere else as well: the middleware renders /auth.md from the root's AUTH.md.
const copies = [["AUTH.md", "packages/middleware/src/views/AUTH.md"]];

const generated = new Map([
  ["docs/options.md", optionsPage()],
  ["docs/errors.md", errorsPage()],
  ...markdownFiles()
    .map((path) => [path, readFileSync(join(into, path), "utf8")])
    .filter(([, text]) => text.match(region) !== null)
    .map(([path, text]) => [path, fillRegions(path, text)]),
]);

for (const [from, to] of copies)
  if (existsSync(dirname(join(into, to))) && existsSync(join(into, from)))
    generated.set(to, generated.get(from) ?? readFileSync(join(into, from), "utf8"));

if (flags.includes("--list")) {
  process.stdout.write(`${[...generated.keys()].join("\n")}\n`);
} else {
  const outdated = [...generated].filter(
    ([path, text]) => !existsSync(join(into, path)) || readFileSync(join(into, path), "utf8") !== text,
  );
  if (flags.includes("--check")) {
    for (const [path] of outdated)
      process.stderr.write(`${path} is out of date: run \`npm run build && npm run docs\`.\n`);
    process.exitCode = outdated.length === 0 ? 0 : 1;
  } else {
    for (const [path, text] of outdated) {
      mkdirSync(dirname(join(into, path)), { recursive: true });
      writeFileSync(join(into, path), text);
      process.stdout.write(`wrote ${path}\n`);
    }
  }
}
