/** Owns whom an incident is about: what an operator typed, as the registrations it means. */
import type { Call } from "../call.js";
import type { Problem } from "../confirmation.js";
import type { Provider, RegistrationFilter } from "../surface.js";
import { incidentWords as texts } from "../views/texts-operations-en.js";

export const reaches = ["user", "provider", "all"] as const;
export type Reach = (typeof reaches)[number];

/** Whom, found. */
export type Target =
  | { reach: "user"; filter: RegistrationFilter; userId: string }
  | { reach: "provider"; filter: RegistrationFilter; provider: Provider }
  | { reach: "all"; filter: RegistrationFilter };

type Found = Target | { problem: Problem };

/** The words that fit how this service finds people. */
export const wordsForUser = ({ surface }: Call): (typeof texts.user)[keyof typeof texts.user] =>
  texts.user[surface.canFindByEmail ? "byEmail" : "byId"];

const problem = (text: string): Found => ({ problem: { field: "who", text } });

export async function targetOf(call: Call, reach: Reach, who: string): Promise<Found> {
  if (reach === "all") return { reach, filter: {} };
  if (reach === "user") return user(call, who);
  const entry = await call.surface.findProvider(who);
  if (entry === null) return problem(texts.problems.noProvider);
  return { reach, filter: { issuer: who }, provider: entry.provider };
}

async function user(call: Call, who: string): Promise<Found> {
  if (who === "") return problem(texts.problems.nobody);
  const userId = who.includes("@") ? await userLike(call, who) : who;
  return userId === null
    ? problem(wordsForUser(call).unknown)
    : { reach: "user", filter: { userId }, userId };
}

/** What looks like an address may be the id of a user at this host: it is one if something is kept of that user. */
async function userLike({ surface, queries, now }: Call, who: string): Promise<string | null> {
  const userId = await surface.findUserByEmail(who);
  if (userId !== null) return userId;
  const page = { after: null, limit: 1 };
  const listing = { sort: "created", direction: "newest", now } as const;
  const kept = await Promise.all([
    queries.listRegistrations({ filter: { userId: who }, ...listing, ...page }),
    queries.pageDelegations({ userId: who }, page),
  ]);
  return kept.some(({ rows }) => rows.length > 0) ? who : null;
}
