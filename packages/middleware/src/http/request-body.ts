/**
 * Owns reading a request body, whether the host parsed it before us or not, within one size limit. What comes out is
 * JSON or a flat form; what is wrong comes out as one of four faults.
 */

import { parse as parseContentType } from "content-type";
import type { Request } from "express";
import getRawBody from "raw-body";
import { type Form, parseForm } from "../protocol/requests.js";

export const largestBodyBytes = 65_536;
const utf8 = new TextDecoder("utf-8", { fatal: true });

export type BodyFault = "wrong_type" | "too_large" | "malformed" | "unreadable";
export type ReadBody<Value> = { value: Value } | { fault: BodyFault };

/**
 * Keeps back a body that somebody of the host's already listens to, so that not a byte of it flows before we listen as
 * well. To be called before anything is awaited; the answer lets go of what was not read.
 */
export function holdBody(request: Request): () => void {
  if (request.readableFlowing !== true) return () => {};
  request.pause();
  return () => void request.resume();
}

/** Reads a JSON body. */
export async function readJson(request: Request): Promise<ReadBody<unknown>> {
  if (!hasType(request, ["application/json"])) return refuse(request, "wrong_type");
  const raw = await readRaw(request);
  if ("fault" in raw) return raw;
  if (typeof raw.value !== "string") return { value: raw.value };
  try {
    return { value: JSON.parse(raw.value) };
  } catch {
    return { fault: "malformed" };
  }
}

/** Reads a form body. Names like `a[b]` stay plain names, whatever the host's parser made of them. */
export async function readForm(request: Request): Promise<ReadBody<Form>> {
  if (!hasType(request, ["application/x-www-form-urlencoded"])) return refuse(request, "wrong_type");
  const raw = await readRaw(request);
  if ("fault" in raw) return raw;
  const form = typeof raw.value === "string" ? parseForm(raw.value) : formOf(raw.value);
  return form === null ? { fault: "malformed" } : { value: form };
}

/** Reads a compact JWS as it is (RFC 8935 section 2.1). */
export async function readJws(request: Request): Promise<ReadBody<string>> {
  if (!hasType(request, ["application/secevent+jwt"])) return refuse(request, "wrong_type");
  const raw = await readRaw(request);
  if ("fault" in raw) return raw;
  return typeof raw.value === "string" ? { value: raw.value } : { fault: "unreadable" };
}

/** Lets the rest of a body pass by, so that the client reads our answer instead of a broken connection. */
function refuse(request: Request, fault: BodyFault): { fault: BodyFault } {
  request.resume();
  return { fault };
}

function hasType(request: Request, types: string[]): boolean {
  const header = request.headers["content-type"];
  if (header === undefined) return false;
  const { type, parameters } = parseContentType(header);
  const charset = parameters.charset?.toLowerCase() ?? "utf-8";
  const encoding = request.headers["content-encoding"]?.toLowerCase() ?? "identity";
  return types.includes(type.toLowerCase()) && charset === "utf-8" && encoding === "identity";
}

/** The body as text, or as whatever the host's parser made of it. */
async function readRaw(request: Request): Promise<ReadBody<unknown>> {
  if (Number(request.headers["content-length"] ?? 0) > largestBodyBytes) return refuse(request, "too_large");
  const parsed: unknown = request.body;
  if (Buffer.isBuffer(parsed) || typeof parsed === "string") {
    return parsed.length > largestBodyBytes ? { fault: "too_large" } : { value: parsed.toString() };
  }
  if (wasConsumed(request)) return { value: parsed };
  try {
    const reading = getRawBody(request, {
      limit: largestBodyBytes,
      length: request.headers["content-length"] ?? null,
      encoding: null,
    });
    // It may have been held back. Nothing flows before this function waits.
    request.resume();
    return { value: utf8.decode(await reading) };
  } catch (error) {
    const { type } = error as { type?: string };
    if (type === "entity.too.large") return refuse(request, "too_large");
    return refuse(request, error instanceof TypeError ? "malformed" : "unreadable");
  }
}

function wasConsumed(request: Request): boolean {
  return request.readableEnded || request.readableDidRead || request.destroyed;
}

/** A form the host's parser turned into an object. Doubled names are arrays; nested ones are not ours to know. */
function formOf(parsed: unknown): Form | null {
  if (typeof parsed !== "object" || parsed === null) return null;
  const form = new Map<string, string[]>();
  for (const [name, value] of Object.entries(parsed)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const strings = values.filter((item): item is string => typeof item === "string");
    if (strings.length > 0) form.set(name, strings);
  }
  return form;
}
