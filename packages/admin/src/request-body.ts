/** Owns reading a posted form, whether the host parsed it before us or not, within one size limit. */
import type { Request } from "express";

export const largestBodyBytes = 65_536;

/** A posted form. Names like `a[b]` are plain names to us. */
export class Form {
  readonly #values: ReadonlyMap<string, readonly string[]>;

  constructor(values: ReadonlyMap<string, readonly string[]> = new Map()) {
    this.#values = values;
  }

  /** The first value of that name without the space around it; empty when there is none. */
  text(name: string): string {
    return (this.#values.get(name)?.[0] ?? "").trim();
  }

  /** Every value of that name. */
  all(name: string): string[] {
    return [...(this.#values.get(name) ?? [])];
  }
}

export type ReadForm = { form: Form } | { fault: "wrong_type" | "too_large" | "malformed" };

/** Reads the form of a POST. Never throws for what a client can send. */
export async function readForm(request: Request): Promise<ReadForm> {
  const type = (request.headers["content-type"] ?? "").split(";")[0]?.trim().toLowerCase();
  if (type !== "application/x-www-form-urlencoded") return refuse(request, "wrong_type");
  if (Number(request.headers["content-length"] ?? 0) > largestBodyBytes) return refuse(request, "too_large");
  const parsed: unknown = request.body;
  if (Buffer.isBuffer(parsed) || typeof parsed === "string") {
    if (Buffer.byteLength(parsed) > largestBodyBytes) return { fault: "too_large" };
    return parseText(parsed);
  }
  if (request.readableEnded || request.readableDidRead || request.destroyed) return formOf(parsed);
  const pieces: Buffer[] = [];
  let size = 0;
  try {
    for await (const piece of request as AsyncIterable<Buffer>) {
      size += piece.length;
      if (size <= largestBodyBytes) pieces.push(piece);
    }
    if (size > largestBodyBytes) return { fault: "too_large" };
    return parseText(Buffer.concat(pieces));
  } catch {
    // The client went away.
    return { fault: "malformed" };
  }
}

/** Lets the rest of a body pass by, so that the client reads our answer instead of a broken connection. */
function refuse(request: Request, fault: "wrong_type" | "too_large"): ReadForm {
  request.resume();
  return { fault };
}

function parseText(body: Buffer | string): ReadForm {
  const text = typeof body === "string" ? body : textOf(body);
  if (text === null) return { fault: "malformed" };
  const values = new Map<string, string[]>();
  for (const [name, value] of new URLSearchParams(text)) {
    const sameName = values.get(name);
    if (sameName === undefined) values.set(name, [value]);
    else sameName.push(value);
  }
  return { form: new Form(values) };
}

/** Null for what is no UTF-8: guessing would put other words into somebody's mouth. */
function textOf(body: Buffer): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    return null;
  }
}

/** A form the host's parser turned into an object. Doubled names are arrays, or objects when there are many. */
function formOf(parsed: unknown): ReadForm {
  if (typeof parsed !== "object" || parsed === null) return { fault: "malformed" };
  const values = new Map<string, string[]>();
  for (const [name, value] of Object.entries(parsed)) {
    const many: unknown[] = typeof value === "object" && value !== null ? Object.values(value) : [value];
    values.set(
      name,
      many.filter((item): item is string => typeof item === "string"),
    );
  }
  return { form: new Form(values) };
}
