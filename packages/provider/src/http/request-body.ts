/** Owns reading a form, whether the host parsed it before us or not, within one size limit. */
import type { Request } from "express";
import getRawBody from "raw-body";
import { type Form, parseForm } from "../protocol/requests.js";

const largestBodyBytes = 65_536;

export type BodyFault = "wrong_type" | "too_large" | "malformed";
export type ReadBody = { form: Form } | { fault: BodyFault };

export async function readForm(request: Request): Promise<ReadBody> {
  if (!isForm(request)) return refuse(request, "wrong_type");
  const parsed: unknown = request.body;
  if (Buffer.isBuffer(parsed) || typeof parsed === "string") return formOf(parsed.toString());
  if (request.readableEnded || request.readableDidRead || request.destroyed) return formOfParsed(parsed);
  try {
    const body = await getRawBody(request, {
      limit: largestBodyBytes,
      length: request.headers["content-length"] ?? null,
    });
    return formOf(new TextDecoder("utf-8", { fatal: true }).decode(body));
  } catch (error) {
    const isTooLarge = (error as { type?: string }).type === "entity.too.large";
    return refuse(request, isTooLarge ? "too_large" : "malformed");
  }
}

function isForm(request: Request): boolean {
  const [type = "", ...parameters] = (request.headers["content-type"] ?? "").split(";");
  const isUtf8 = parameters.every((parameter) => !/charset=(?!"?utf-8)/i.test(parameter));
  return type.trim().toLowerCase() === "application/x-www-form-urlencoded" && isUtf8;
}

/** Lets the rest of a body pass by, so that the client reads our answer instead of a broken connection. */
function refuse(request: Request, fault: BodyFault): ReadBody {
  request.resume();
  return { fault };
}

function formOf(text: string): ReadBody {
  const form = text.length > largestBodyBytes ? null : parseForm(text);
  return form === null ? { fault: "malformed" } : { form };
}

/** A form the host's parser turned into an object. Doubled names are arrays; nested ones are not ours to know. */
function formOfParsed(parsed: unknown): ReadBody {
  if (typeof parsed !== "object" || parsed === null) return { fault: "malformed" };
  const form = new Map<string, string[]>();
  for (const [name, value] of Object.entries(parsed)) {
    const values: unknown[] = Array.isArray(value) ? value : [value];
    const strings = values.filter((item): item is string => typeof item === "string");
    if (strings.length > 0) form.set(name, strings);
  }
  return { form };
}
