/** Owns what counts as an issuer, and where its documents are (RFC 8414 sections 2 and 3). */
import { isLoopback } from "@agent-auth/web/addresses";

type ParsedUrl = { url: URL } | { problem: string };

/** An issuer is compared character by character, so it must be written in its one normal form. */
export function parseIssuer(value: string, allowHttp: boolean): ParsedUrl {
  if (!URL.canParse(value)) return { problem: "must be an absolute URL such as https://agents.example.com" };
  const url = new URL(value);
  if (url.protocol !== "https:" && url.protocol !== "http:") return { problem: "must be an https URL" };
  if (url.protocol === "http:" && !allowHttp && !isLoopback(url))
    return { problem: "must use https (http is for loopback hosts, or with dangerouslyAllowHttpIssuer)" };
  if (url.username !== "" || url.password !== "") return { problem: "must not hold credentials" };
  if (value.includes("#")) return { problem: "must not have a fragment" };
  if (value.includes("?")) return { problem: "must not have a query" };
  if (value.endsWith("/")) return { problem: "must not end with a slash" };
  const normal = url.pathname === "/" ? url.origin : url.origin + url.pathname;
  return normal === value ? { url } : { problem: `must be written in its normal form: ${normal}` };
}

/** Path of an identifier without a trailing slash: "" for an origin. */
export function pathOf(identifier: string): string {
  return new URL(identifier).pathname.replace(/\/+$/, "");
}

/** The well-known document of an identifier: the path goes behind the well-known part, not before it. */
export function wellKnownUrl(identifier: string, name: string): string {
  return `${new URL(identifier).origin}/.well-known/${name}${pathOf(identifier)}`;
}
