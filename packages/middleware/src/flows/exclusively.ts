/** Owns letting one caller of this process at a time do something that must not be done twice. */
import type { IdentityContext } from "./identity-context.js";

/** Names the row of a person at a provider. Calls about one person run one after the other, up to their bind. */
export function personName({ issuer, subject }: { issuer: string; subject: string }): string {
  return `person ${JSON.stringify([issuer, subject])}`;
}

/** Runs `step` after every earlier step of the same name. Names are forgotten when nobody is left. */
export async function exclusively<Result>(
  { provisioning }: IdentityContext,
  name: string,
  step: () => Promise<Result>,
): Promise<Result> {
  const before = provisioning.get(name) ?? Promise.resolve();
  const mine = before.then(step, step);
  provisioning.set(name, mine);
  try {
    return await mine;
  } finally {
    if (provisioning.get(name) === mine) provisioning.delete(name);
  }
}
