/** Owns what a service says about itself: its name, and where it takes events. Both are its own words. */
import { visibleText } from "@agent-auth/web/visible-text";
import { FetchFailure } from "../ports.js";
import { wellKnownUrl } from "../protocol/issuer.js";
import type { FlowContext } from "./context.js";

const longestName = 100;

type Found = { events: string } | { problem: string; isTemporary: boolean };

/** The `resource_name` of a service; null when there is none to be had. */
export async function findServiceName(context: FlowContext, audience: string): Promise<string | null> {
  try {
    const answer = await context.fetch(wellKnownUrl(audience, "oauth-protected-resource"), { method: "GET" });
    const document = answer.status === 200 ? readObject(answer.body) : null;
    const servers = document?.authorization_servers;
    // The document of somebody else's service is no description of this one.
    const isAboutIt =
      document?.resource === audience || (Array.isArray(servers) && servers.includes(audience));
    const name = document?.resource_name;
    if (!isAboutIt || typeof name !== "string") return null;
    return visibleText(name, longestName);
  } catch (error) {
    if (!(error instanceof FetchFailure)) throw error;
    context.logger.debug({ audience, reason: error.message }, "a service could not be asked for its name");
    return null;
  }
}

/** `agent_auth.events_endpoint` of a service's metadata (RFC 8414). */
export async function findEventsEndpoint(context: FlowContext, audience: string): Promise<Found> {
  const answer = await context.fetch(wellKnownUrl(audience, "oauth-authorization-server"), { method: "GET" });
  if (answer.status !== 200)
    return {
      problem: `its metadata answered ${answer.status}`,
      isTemporary: answer.status >= 500 || answer.status === 429,
    };
  const document = readObject(answer.body);
  if (document === null) return { problem: "its metadata is not JSON", isTemporary: false };
  if (document.issuer !== audience)
    return { problem: "its metadata names another issuer", isTemporary: false };
  const profile = document.agent_auth as { events_endpoint?: unknown } | null | undefined;
  const events = typeof profile === "object" ? profile?.events_endpoint : undefined;
  return typeof events === "string"
    ? { events }
    : { problem: "its metadata has no agent_auth.events_endpoint", isTemporary: false };
}

function readObject(json: string): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(json);
    const isObject = typeof value === "object" && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : null;
  } catch {
    return null;
  }
}
