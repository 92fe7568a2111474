/**
 * Owns turning what a mail tells into subject, text and HTML. Templates are read and compiled once, print through
 * escaping tags only, and can be replaced by files of the same name in a folder of the host's.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { visibleText } from "@agent-auth/web/visible-text";
import ejs from "ejs";
import type { MailValues, RenderMail } from "../protocol/mail-values.js";
import type { MailTemplate } from "../protocol/model.js";
import { mailView } from "./emails.js";
import { mailTexts } from "./texts.js";

const mails: Record<MailTemplate, string> = {
  claim_link: "claim-link",
  agent_connected: "agent-connected",
  agent_revoked: "agent-revoked",
  manage_link: "manage-link",
};
const formats = ["html", "text"] as const;
type Format = (typeof formats)[number];
const parts = ["layout", "_sentence", "_facts", "_action", "_notes", "_refusal"];
const templateNames = formats.flatMap((format) =>
  [...parts, ...Object.values(mails)].map((name) => `${name}.${format}.ejs`),
);

/** Prints one template inside another of the same format; `<%-` is allowed for this alone. */
type Part = (name: string, view: unknown) => string;

const isoDay = 1_767_225_600;
/** Rendered once at start with a host's templates, so that a mistake in one is found before anybody waits for mail. */
const samples: MailValues[] = [
  {
    template: "claim_link",
    ...{ claimUrl: "https://service.example/claim", denyUrl: "https://service.example/deny" },
    ...{ providerName: "Example Provider", requestedAt: isoDay, ip: "192.0.2.1", expiresAt: isoDay },
  },
  {
    template: "agent_connected",
    ...{
      manageUrl: "https://service.example/manage",
      providerName: null,
      connectedAt: isoDay,
      scopes: ["Read"],
    },
  },
  { template: "agent_revoked", providerName: null, revokedAt: isoDay, revokedBy: "user" },
  { template: "manage_link", manageUrl: "https://service.example/manage" },
];

/**
 * Compiles the templates and returns the function that renders any mail of this service. Throws an `Error` that names
 * the file when the folder or a template in it cannot be used.
 */
export function createMailRenderer({
  serviceName,
  templatesFolder,
}: {
  serviceName: string;
  templatesFolder: string | null;
}): RenderMail {
  const files = filesOf(templatesFolder);
  const compiled = new Map(templateNames.map((name) => [name, compile(files.get(name) as string, name)]));
  const part = (format: Format): Part => {
    const print: Part = (name, view) => {
      const template = compiled.get(`${name}.${format}.ejs`);
      if (template === undefined) throw new Error(`there is no mail template named ${name}.${format}.ejs`);
      return template({ view, texts: mailTexts, part: print });
    };
    return print;
  };
  const [html, text] = [part("html"), part("text")];
  const name = visibleText(serviceName, 100) ?? "";
  const render: RenderMail = (values) => {
    const view = mailView(values, name);
    const frame = { serviceName: name, template: mails[values.template], view };
    return {
      subject: view.subject,
      text: `${text("layout", frame)
        .replace(/\n{3,}/g, "\n\n")
        .trim()}\n`,
      html: html("layout", frame),
    };
  };
  if (templatesFolder !== null) for (const values of samples) render(values);
  return render;
}

/** Where each template is read from: ours, unless the folder has one of that name. */
function filesOf(folder: string | null): Map<string, string> {
  const files = new Map(
    templateNames.map((name) => [name, fileURLToPath(new URL(`./${name}`, import.meta.url))]),
  );
  if (folder === null) return files;
  for (const name of namesIn(folder)) {
    // A file that takes no other's place is a mistake, unless it is named like a part of the host's own.
    if (files.has(name)) files.set(name, join(folder, name));
    else if (!name.startsWith("_"))
      throw new Error(
        `${join(folder, name)} is named like none of our mail templates: name it like one of ${templateNames.join(", ")}.`,
      );
  }
  return files;
}

function namesIn(folder: string): string[] {
  if (!existsSync(folder))
    throw new Error(`The folder ${folder} for mail templates does not exist: check mail.templates.`);
  try {
    return readdirSync(folder).filter((name) => name.endsWith(".ejs"));
  } catch (error) {
    throw new Error(`The folder ${folder} for mail templates cannot be read: check mail.templates.`, {
      cause: error,
    });
  }
}

/** A compiled template whose failures name the file. */
function compile(file: string, name: string): (values: object) => string {
  const isText = name.endsWith(".text.ejs");
  const failed = (cause: unknown) => {
    const reason = String(cause)
      .replace(/^\w*Error: /, "")
      .trim();
    return new Error(`The mail template ${file} cannot be used: ${reason}`, { cause });
  };
  try {
    const print = ejs.compile(readFileSync(file, "utf8"), {
      // Without `with`, a misspelt name in a template is an error, not a lookup in the global scope.
      strict: true,
      _with: false,
      localsName: "it",
      compileDebug: false,
      filename: file,
      ...(isText ? { escape: plainText } : {}),
    });
    return (values) => {
      try {
        return print(values);
      } catch (error) {
        throw error instanceof Error && error.message.startsWith("The mail template") ? error : failed(error);
      }
    };
  } catch (error) {
    throw failed(error);
  }
}

function plainText(value: unknown): string {
  return value === undefined || value === null ? "" : String(value);
}
