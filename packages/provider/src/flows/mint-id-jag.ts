/** Owns minting an ID-JAG for a person who is known to agree. */
import type { Client, User } from "../protocol/model.js";
import { secretBytes } from "../protocol/secrets.js";
import { type IdJagInput, idJagClaims, idJagType } from "../protocol/tokens.js";
import type { FlowContext } from "./context.js";

export interface Minting
  extends Pick<
    IdJagInput,
    "audience" | "authTime" | "resources" | "scope" | "agentPlatform" | "agentContextId"
  > {
  user: User;
  client: Client;
  now: number;
  /** For tests: claims and header members that replace ours; `undefined` removes one. */
  overrides?: Record<string, unknown>;
  header?: Record<string, unknown>;
}

export async function mintIdJag(context: FlowContext, minting: Minting): Promise<string> {
  const { client, overrides = {}, header, ...input } = minting;
  const claims = idJagClaims({
    ...input,
    issuer: context.issuer,
    clientId: context.idJagClientId === "client" ? client.clientId : context.issuer,
    jti: context.random.bytes(secretBytes).toString("base64url"),
    lifetimeSeconds: context.lifetimes.idJagSeconds,
  });
  return context.keys.sign(idJagType, { ...claims, ...overrides }, header);
}
