/** Owns reading forms: which parameters a request has, and how often. */
import { OAuthRefusal } from "./errors.js";

export type Form = ReadonlyMap<string, string[]>;

const mostFields = 100;

/** Reads `application/x-www-form-urlencoded`; null when there are too many fields. */
export function parseForm(text: string): Form | null {
  const form = new Map<string, string[]>();
  let fields = 0;
  for (const [name, value] of new URLSearchParams(text)) {
    fields += 1;
    if (fields > mostFields) return null;
    form.set(name, [...(form.get(name) ?? []), value]);
  }
  return form;
}

/** The parameter, if it is there. Empty counts as absent, doubled is refused (RFC 6749 section 3.2). */
export function single(form: Form, name: string): string | undefined {
  const values = form.get(name) ?? [];
  if (values.length > 1)
    throw new OAuthRefusal("invalid_request", `The parameter ${name} may be sent only once.`);
  return values[0] === "" ? undefined : values[0];
}

export function required(form: Form, name: string): string {
  const value = single(form, name);
  if (value === undefined) throw new OAuthRefusal("invalid_request", `The parameter ${name} is missing.`);
  return value;
}

/** Whole seconds, or undefined when absent. */
export function seconds(form: Form, name: string): number | undefined {
  const value = single(form, name);
  if (value === undefined) return undefined;
  if (!/^\d{1,9}$/.test(value))
    throw new OAuthRefusal("invalid_request", `The parameter ${name} must be a whole number of seconds.`);
  return Number(value);
}

/** Scope tokens separated by single spaces (RFC 6749 section 3.3). */
export function scopeOf(form: Form): string | undefined {
  const value = single(form, "scope");
  if (value === undefined) return undefined;
  if (value.length > 1000 || !/^[!#-[\]-~]+( [!#-[\]-~]+)*$/.test(value))
    throw new OAuthRefusal("invalid_scope", "The parameter scope is not a list of scopes.");
  return value;
}
