/** Owns fetching JSON documents of providers, and telling why one could not be had. */
import { RequestFailure, type RequestFault, readBody, sendGuarded } from "@agent-auth/web/guarded-request";

const largestDocumentBytes = 65_536;

export interface FetchedDocument {
  json: Record<string, unknown>;
  /** `max-age` of the answer in seconds, or null. */
  maxAgeSeconds: number | null;
}

/** Why a document could not be had. "refused": we will not ask; "unreachable": no answer; "unusable": a bad one. */
export type FetchFault = "refused" | "unreachable" | "unusable";

/** Thrown by `fetchDocument`. */
export class FetchFailure extends Error {
  override readonly name = "FetchFailure";
  constructor(
    readonly fault: FetchFault,
    message: string,
    cause?: unknown,
  ) {
    super(message, { cause });
  }
}

export type FetchDocument = (url: string, limits?: { largestBytes: number }) => Promise<FetchedDocument>;

const faults: Record<RequestFault, [FetchFault, string]> = {
  not_a_url: ["refused", "The document will not be fetched. It is not a URL."],
  not_https: ["refused", "The document will not be fetched. It is not https."],
  credentials: ["refused", "The document will not be fetched. It holds credentials."],
  private_address: [
    "refused",
    "The document will not be fetched. Its host has an address that is not public.",
  ],
  unreachable: ["unreachable", "The host could not be reached."],
  broken_off: ["unreachable", "The answer broke off."],
  too_large: ["unusable", "The document is too large."],
};

function failureOf(error: unknown): unknown {
  return error instanceof RequestFailure
    ? new FetchFailure(...faults[error.fault], error.cause ?? error)
    : error;
}

/** Builds the fetch. `allowPrivateNetwork` lifts the https and the address rule, for development. */
export function createFetchDocument({
  allowPrivateNetwork,
}: {
  allowPrivateNetwork: boolean;
}): FetchDocument {
  return (url, { largestBytes } = { largestBytes: largestDocumentBytes }) =>
    get(url, allowPrivateNetwork, largestBytes).catch((error: unknown) => {
      throw failureOf(error);
    });
}

async function get(
  url: string,
  allowPrivateNetwork: boolean,
  largestBytes: number,
): Promise<FetchedDocument> {
  const headers = { Accept: "application/json", "User-Agent": "agent-auth" };
  const answer = await sendGuarded(url, { method: "GET", headers, allowPrivateNetwork });
  const status = answer.statusCode ?? 0;
  if (status !== 200) {
    answer.destroy();
    const fault = status >= 500 || status === 429 ? "unreachable" : "unusable";
    throw new FetchFailure(fault, `The answer was ${status}.`);
  }
  const json = readObject(await readBody(answer, largestBytes));
  if (json === null) throw new FetchFailure("unusable", "The document is not a JSON object.");
  return { json, maxAgeSeconds: maxAgeOf(answer.headers["cache-control"]) };
}

function readObject(bytes: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(bytes.toString("utf8"));
    return typeof value === "object" && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function maxAgeOf(header: string | undefined): number | null {
  const match = /(?:^|[\s,])max-age="?(\d{1,9})/i.exec(header ?? "");
  if (/(?:^|[\s,])no-(?:store|cache)/i.test(header ?? "")) return 0;
  return match === null ? null : Number(match[1]);
}
