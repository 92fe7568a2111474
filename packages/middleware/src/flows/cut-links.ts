/**
 * Cuts the links in reach of an incident. A registration that is revoked loses its link with it; one that the system
 * has ended, because nobody came for it, has kept its own, and the next ID-JAG of that person would be let in by it
 * with nobody asked.
 */
import { type AdminJob, largestBatch } from "../admin-jobs-port.js";
import type { AdminQueries, Cursor } from "../admin-queries-port.js";
import type { Delegation } from "../protocol/delegation.js";
import { type ChangeContext, unlinkDelegation } from "./admin-registration.js";

/** What the filter of an incident is made of: the parts that links have as well. */
const incidentParts = ["issuer", "userId"];

/** An incident revokes all of a person, of a provider or of everybody, whatever is made meanwhile included. */
function isIncident({ action, createdBefore, filter }: AdminJob): boolean {
  const given = Object.entries(filter).filter(([, value]) => value !== undefined);
  return (
    action === "revoke" && createdBefore === null && given.every(([name]) => incidentParts.includes(name))
  );
}

/** The first batch of the links a job is to cut, and whether more follow: none unless it is an incident. */
export async function linksInReach(
  queries: AdminQueries,
  job: AdminJob,
): Promise<{ first: Delegation[]; areMore: boolean }> {
  if (!isIncident(job)) return { first: [], areMore: false };
  const { issuer, userId } = job.filter;
  // Whatever was cut is not found again, so the next batch is the first one then.
  const pageAfter = (after: Cursor | null) =>
    queries.pageDelegations({ issuer, userId }, { after, limit: largestBatch });
  let page = await pageAfter(null);
  // A page may be empty though more follow.
  while (page.rows.length === 0 && page.next !== null) page = await pageAfter(page.next);
  return { first: page.rows, areMore: page.next !== null };
}

/** Cuts one of them on behalf of the operator who started the job, and counts it there. */
export async function cutLink(
  context: ChangeContext,
  { id: jobId, actor, reason, ip }: AdminJob,
  { issuer, subject }: Delegation,
): Promise<void> {
  const operator = { operatorId: actor.id ?? "", reason, ip };
  await unlinkDelegation(context, { issuer, subject, operator, jobId });
}
