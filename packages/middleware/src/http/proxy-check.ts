/**
 * Owns noticing that the host's `trust proxy` cannot be right. Who calls is counted, shown and audited by address, so
 * a wrong one hurts: everybody is one caller, anybody is whoever they say, or nobody is known.
 */
import type { Request } from "express";
import type { Logger } from "../ports.js";
import { readableAddress } from "../protocol/network.js";
import { callerOf } from "./services.js";

const everyoneIsOne =
  "requests arrive with X-Forwarded-For, and the host app's `trust proxy` is off: if that is a proxy of yours, all callers count as one address. Set `trust proxy` to the number of proxies or to their addresses.";
const anyoneIsAnyone =
  "the host app's `trust proxy` is true, so that any caller can claim any address and escape the limits. Set it to the number of proxies or to their addresses.";
const nobodyIsKnown =
  "a request's address is none: what a proxy of the host app passes on as one cannot be counted, so the limits per address do not hold. Make the proxy send addresses, or set `trust proxy` to its number or address.";

function complaintOf(request: Request, setting: unknown): string | null {
  if (setting === true) return anyoneIsAnyone;
  const isOff = setting === undefined || setting === false || setting === 0;
  if (isOff && request.headers["x-forwarded-for"] !== undefined) return everyoneIsOne;
  const { ip } = callerOf(request);
  return ip !== null && readableAddress(ip) === null ? nobodyIsKnown : null;
}

/** Looks at requests until there is something to warn of, and says that once: a line per request would help nobody. */
export function createProxyCheck(logger: Logger): (request: Request) => void {
  let hasWarned = false;
  return (request) => {
    if (hasWarned) return;
    // Without Express there is no such setting, and no address either.
    const setting: unknown = request.app?.get("trust proxy");
    const complaint = complaintOf(request, setting);
    if (complaint === null) return;
    hasWarned = true;
    logger.warn({ trustProxy: setting ?? null }, complaint);
  };
}
