/** Owns a provider for the dashboard's tests: it listens on this computer, mints ID-JAGs, and an operator trusts it. */
import { expect } from "@jest/globals";
import { type TestIssuer, testIssuer } from "../../../middleware/test/support/issuer.js";
import { people, type Stage, type StageOptions, settleClaim, stage } from "./stage.js";

export const operator = { operatorId: "op_admin", reason: "Agreed with the partner", ip: null };

export interface ProviderStage extends Stage {
  idp: TestIssuer;
  /** An ID-JAG for this service, of the provider's person with alice's address. */
  idJag(claims?: Record<string, unknown>): string;
}

/** A stage that has one provider, added by an operator. */
export async function providerStage({ options, ...rest }: StageOptions = {}): Promise<ProviderStage> {
  const on = await stage({
    ...rest,
    options: { dangerouslyAllowPrivateNetwork: true, trustedProviders: [], ...options },
  });
  const idp = await testIssuer(on.clock);
  expect(await on.auth.admin.saveProvider({ issuer: idp.issuer, name: "Partner" }, operator)).toHaveProperty(
    "provider",
  );
  const idJag: ProviderStage["idJag"] = (claims) => {
    const person = { sub: "person-alice", email: people.alice?.email };
    return idp.mint({ claims: { aud: "https://notes.example", ...person, ...claims } });
  };
  return { ...on, idp, idJag };
}

/** `POST /agent/identity` with an ID-JAG. */
export function identify(on: Stage, assertion: string) {
  return on.agent.post("/agent/identity").send({
    type: "identity_assertion",
    assertion_type: "urn:ietf:params:oauth:token-type:id-jag",
    assertion,
  });
}

/** An agent that came through the provider and that alice has linked to her account. */
export async function linkedAgent(on: ProviderStage): Promise<{ id: string; token: string }> {
  const asked = await identify(on, on.idJag());
  expect([asked.status, asked.body.error]).toEqual([401, "interaction_required"]);
  return settleClaim(on, "alice", asked.body);
}
