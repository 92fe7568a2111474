/** Owns every request this provider sends, to services and to addresses from their documents. */
import { RequestFailure, type RequestFault, readBody, sendGuarded } from "@agent-auth/web/guarded-request";
import { FetchFailure, type GuardedFetch } from "../ports.js";

const largestBodyBytes = 65_536;

/** What will not pass by itself. */
const forbidden: Partial<Record<RequestFault, string>> = {
  not_a_url: "not a URL",
  not_https: "not an https URL",
  credentials: "the URL holds credentials",
  private_address: "its address is not a public one",
  too_large: "the answer is too large",
};

/** Builds the fetch. With `allowPrivateNetwork` http and private addresses are fine; the other limits stay. */
export function createGuardedFetch({ allowPrivateNetwork }: { allowPrivateNetwork: boolean }): GuardedFetch {
  return async (url, { method, contentType, body }) => {
    const headers = {
      Accept: "application/json",
      "Accept-Language": "en",
      ...(contentType === undefined ? {} : { "Content-Type": contentType }),
    };
    try {
      const answer = await sendGuarded(url, { method, headers, body, allowPrivateNetwork });
      return {
        status: answer.statusCode ?? 0,
        headers: headersOf(answer.headers),
        body: (await readBody(answer, largestBodyBytes)).toString("utf8"),
      };
    } catch (error) {
      if (!(error instanceof RequestFailure)) throw error;
      const words = forbidden[error.fault];
      if (words !== undefined) throw new FetchFailure("forbidden", words, { cause: error });
      const { code, name } = error.cause as { code?: string; name?: string };
      const reason = name === "AbortError" || name === "TimeoutError" ? "timed out" : (code ?? "failed");
      throw new FetchFailure("unreachable", `connection ${reason}`, { cause: error });
    }
  };
}

function headersOf(
  headers: Record<string, string | string[] | undefined>,
): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value[0] : value]),
  );
}
