/** The operators' workbench: what would become of an ID-JAG, by the very checks a registration runs, without effect. */
import type { WorkbenchCheck, WorkbenchResult } from "../admin-handle.js";
import type { AdminJobs } from "../admin-jobs-port.js";
import { ProviderUnavailable } from "../ports.js";
import { readCompactJws } from "../protocol/compact-jws.js";
import { Refusal } from "../protocol/errors.js";
import { idJagChecks } from "../protocol/id-jag.js";
import { grantedTo } from "./admit-person.js";
import type { IdentityContext } from "./identity-context.js";
import { type Match, matchAccount } from "./match-account.js";
import { refuseIfStopped } from "./stopped.js";
import { verifyIdJag } from "./verify-id-jag.js";

/** What a registration asks once the token itself is good, in this order. */
const laterChecks = ["suspension", "revocation", "ceiling", "replay"] as const;

const outcomes = { linked: "sign_in", step_up: "step_up", unknown: "create_user" } as const;

type Run = <Result>(name: string, run: () => Result | Promise<Result>) => Promise<Result>;
type Verdicts = Map<string, Pick<WorkbenchCheck, "outcome" | "refusal">>;

/** Never refuses; a failing check is part of the answer. `jobs` knows which ID-JAGs were used; null: that is not asked. */
export async function tryIdJag(
  context: IdentityContext & { jobs: AdminJobs | null },
  pasted: string,
): Promise<WorkbenchResult> {
  const assertion = pasted.trim();
  const verdicts: Verdicts = new Map();
  const run: Run = async (name, check) => {
    try {
      const result = await check();
      verdicts.set(name, { outcome: "passed", refusal: null });
      return result;
    } catch (error) {
      const refusal = refusalOf(error);
      if (refusal !== null) verdicts.set(name, { outcome: "failed", refusal });
      throw error;
    }
  };
  const would = await wouldBe(context, assertion, run).catch((error: unknown) => {
    if (refusalOf(error) !== null) return null;
    throw error;
  });
  const unread = { outcome: "not_reached", refusal: null } as const;
  const jws = readCompactJws(assertion);
  return {
    checks: [...idJagChecks, ...laterChecks].map((name) => ({ name, ...(verdicts.get(name) ?? unread) })),
    header: jws?.header ?? null,
    payload: jws?.payload ?? null,
    would,
  };
}

async function wouldBe(
  context: IdentityContext & { jobs: AdminJobs | null },
  assertion: string,
  run: Run,
): Promise<WorkbenchResult["would"]> {
  const now = context.clock.now();
  const vouched = await verifyIdJag(context, assertion, now, { step: run });
  const { issuer, jti } = vouched.idJag;
  await run("suspension", () => refuseIfStopped(context, vouched.idJag, now));
  const match = await run("revocation", () => matchAccount(context, vouched).catch(nobody));
  if (match === null) return "refuse_unknown";
  const { store, jobs } = context;
  const registration = await store.findRegistrationBySubject(issuer, vouched.idJag.subject);
  await run("ceiling", () => grantedTo(context, vouched, match, registration));
  if (jobs !== null)
    await run("replay", async () => {
      if (await jobs.isJwtIdRemembered({ purpose: "id-jag", issuer, jti }))
        throw new Refusal("replay_detected");
    });
  return outcomes[match.kind];
}

/** Nobody here, and nobody to be created: no check failed. */
function nobody(error: unknown): Match | null {
  if (error instanceof Refusal && error.reason === "account_not_found") return null;
  throw error;
}

/** What an agent would be answered; null for what is no answer but a fault of ours. */
function refusalOf(error: unknown): WorkbenchCheck["refusal"] {
  if (error instanceof Refusal) return { error: error.row.error, description: error.description };
  if (error instanceof ProviderUnavailable) {
    const { row, description } = new Refusal("temporarily_unavailable");
    return { error: row.error, description };
  }
  return null;
}
