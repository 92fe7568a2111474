/** Owns showing operators the settings in force. What could let somebody in is never part of it. */
import type { Settings } from "./options.js";

const masked = "•••";

/** Every setting by its path, in the order of the options. Secrets are counted, objects and functions only named. */
export function settingsView(settings: Readonly<Settings>): { path: string; value: string }[] {
  const { secrets, ...rest } = settings;
  const lines = Object.entries(rest).flatMap(([name, value]) => linesOf(name, value));
  const hidden = secrets ?? [];
  return [
    ...lines.map(({ path, value }) => ({ path, value: without(hidden, value) })),
    { path: "secrets", value: secrets === null ? "the development secret" : `${secrets.length}, not shown` },
  ].sort((one, other) => (one.path < other.path ? -1 : 1));
}

function linesOf(path: string, value: unknown): { path: string; value: string }[] {
  if (value === undefined || value === null) return [{ path, value: "not set" }];
  if (typeof value === "function") return [{ path, value: "a function of yours" }];
  if (typeof value !== "object") return [{ path, value: withoutCredentials(String(value)) }];
  if (Array.isArray(value) && value.every((entry) => typeof entry !== "object"))
    return [
      { path, value: value.length === 0 ? "none" : value.map(String).map(withoutCredentials).join(", ") },
    ];
  if (path === "storage.tls") return [{ path, value: "certificates of yours" }];
  if (!isPlain(path, value)) return [{ path, value: "an object of yours" }];
  const members = Object.entries(value);
  if (members.length === 0) return [{ path, value: "none" }];
  return members.flatMap(([name, member]) => linesOf(`${path}.${name}`, member));
}

/** What the host hands in to be called; it may hold anything, credentials of its own too. */
const handedIn = ["storage", "logger", "clock", "random", "mail.transport"];

function isPlain(path: string, value: object): boolean {
  // A place of a database is told, a store of the host's is not.
  const isPlace = path === "storage" && !("createRegistration" in value);
  if (handedIn.includes(path) && !isPlace) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  return Array.isArray(value) || prototype === null || Object.getPrototypeOf(prototype) === null;
}

/** User, password and query of URLs: each may be what somebody signs in with. */
function withoutCredentials(text: string): string {
  return text
    .replace(/([a-z][a-z0-9+.-]*:\/\/)[^/?#\s]*@/gi, `$1${masked}@`)
    .replace(/([a-z][a-z0-9+.-]*:[^\s?]*)\?[^\s#]+/gi, `$1?${masked}`);
}

/** Somebody may have used one string twice. */
function without(secrets: readonly string[], value: string): string {
  return secrets.reduce((text, secret) => text.replaceAll(secret, masked), value);
}
