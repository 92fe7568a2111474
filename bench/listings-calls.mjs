// What listings.mjs measures: every listing, filter and sort of the dashboard's queries, its counts, and how far a bulk
// action reaches. A call is a name, a question and the cursor of a page deep in it; null: it has no pages.
import { reachOf } from "../packages/admin/dist/bulk-reach.js";

const day = 86_400;
/** Fixed, so that a database that is kept stays as it was. */
export const now = 1_795_000_000;
const oldest = now - 90 * day;

const cursor = (...content) => Buffer.from(JSON.stringify(content)).toString("base64url");
const common = { clientName: "Claude 1", ip: "10.0.0.1", userId: "user_1" };
const aDay = { from: now - 40 * day, before: now - 39 * day };
const issuer = "https://issuer.example";
const statuses = ["revoked", "suspended", "ended", "claimed", "expired", "pending_claim", "unclaimed"];
const filters = {
  "no filter": {},
  "a user with many": { userId: common.userId },
  "an address with many": { ip: common.ip },
  "an address with few": { ip: "10.0.1.7" },
  "client name, short": { clientName: "c" },
  "client name, common": { clientName: "claude" },
  "client name, long": { clientName: "claude 12" },
  "an issuer": { issuer },
  "a common scope": { scope: "api.write" },
  "a rare scope": { scope: "api.admin" },
  ...Object.fromEntries(statuses.map((status) => [`status ${status}`, { status }])),
  "kind anonymous": { kind: "anonymous" },
  "kind and status": { kind: "service_auth", status: "claimed" },
  "issuer and status": { issuer: "https://idp.example.org", status: "suspended" },
  "name and status": { clientName: "claude", status: "suspended" },
  "name, scope and kind": { clientName: "cron", scope: "api.admin", kind: "anonymous" },
  "a day": { createdFrom: aDay.from, createdBefore: aDay.before },
  "used in a day": { lastUsedFrom: aDay.from, lastUsedBefore: aDay.before },
  "used in a day, by status": { lastUsedFrom: aDay.from, lastUsedBefore: aDay.before, status: "suspended" },
};
const turnedBack = ["no filter", "status ended", "an address with many", "issuer and status"];

function registrations(queries) {
  const ask = (filter, sort, direction) => (cut) =>
    queries.listRegistrations({ filter, sort, direction, now, after: null, limit: 50, ...cut });
  const orders = ["created", "last_used"].flatMap((sort) =>
    ["newest", "oldest"].map((direction) => [sort, direction]),
  );
  // As far from the start as nine tenths of the days.
  const late = { newest: oldest + 9 * day, oldest: now - 9 * day };
  const forward = Object.entries(filters).flatMap(([name, filter]) =>
    orders.map(([sort, direction]) => [
      `registrations: ${name}, ${sort}, ${direction}`,
      ask(filter, sort, direction),
      { after: cursor(sort, "after", late[direction], "reg_") },
    ]),
  );
  // Turned back from as deep.
  const back = turnedBack.flatMap((name) =>
    ["created", "last_used"].map((sort) => [
      `registrations: ${name}, ${sort}, back`,
      ask(filters[name], sort, "newest"),
      { before: cursor(sort, "before", late.newest, "reg_") },
    ]),
  );
  return [...forward, ...back];
}

function audit(queries, busy) {
  const type = "registration.revoked";
  const asked = {
    all: {},
    "a type": { type },
    agents: { actorKind: "agent" },
    operators: { actorKind: "operator" },
    "an operator": { actorId: "operator_1" },
    "a user": { actorId: "user_1" },
    "a registration": { registrationId: busy },
    "a registration and a type": { registrationId: busy, type },
    "a day": aDay,
    "a type on a day": { type, ...aDay },
    "operators on a day": { actorKind: "operator", ...aDay },
  };
  const timeline = ["a registration"];
  return Object.entries(asked).flatMap(([name, filter]) => {
    const ask = (cut) => queries.pageAudit(filter, { after: null, limit: 50, ...cut });
    const late = 500;
    const call = [`audit: ${name}`, ask, { after: cursor("audit", "after", late) }];
    const back = [`timeline of ${name}, back`, ask, { before: cursor("audit", "before", late) }];
    return timeline.includes(name) ? [call, back] : [call];
  });
}

function mail(queries) {
  const asked = {
    all: {},
    waiting: { state: "waiting" },
    sent: { state: "sent" },
    failed: { state: "failed" },
    "a template": { template: "claim_link" },
    "sent, a template": { state: "sent", template: "claim_link" },
    "failed, a template": { state: "failed", template: "claim_link" },
  };
  return Object.entries(asked).map(([name, filter]) => [
    `mail: ${name}`,
    (cut) => queries.pageMail(filter, { after: null, limit: 50, ...cut }),
    { after: cursor("mail", "after", 300) },
  ]);
}

function delegations(queries) {
  const asked = [
    ["all", {}, "delegations", [issuer]],
    ["an issuer", { issuer }, "delegations_of_issuer", []],
    ["a user with many", { userId: "user_1" }, "delegations", [issuer]],
    ["an issuer, a user with many", { issuer, userId: "user_1" }, "delegations_of_issuer", []],
  ];
  return asked.map(([name, filter, order, place]) => [
    `delegations: ${name}`,
    (cut) => queries.pageDelegations(filter, { after: null, limit: 50, ...cut }),
    { after: cursor(order, "after", ...place, "subject-9") },
  ]);
}

function counts(queries, busy) {
  const before = { suspendedBefore: now - 30 * day, stalledBefore: now - 300 };
  return [
    ["overview, 30 days", () => queries.overview({ days: 30, now })],
    ["overview, 90 days", () => queries.overview({ days: 90, now })],
    ["attention", () => queries.attention({ days: 7, ...before, now })],
    ["provider counts", () => queries.providerCounts({ issuer, days: 90, now })],
    ["registrations of an issuer", () => queries.countByIssuer(issuer, 1e9)],
    ["tokens of a registration", () => queries.listTokens(busy)],
  ].map(([name, ask]) => [name, ask, null]);
}

/** What is confirmed before a bulk action: many pages, one after the other, so the slowest one is noted as well. */
function reaches(queries) {
  const asked = {
    "revoke, a user with many": ["revoke", { userId: common.userId }],
    "revoke, an address with many": ["revoke", { ip: common.ip }],
    "revoke, an issuer": ["revoke", { issuer }],
    "revoke, client name, long": ["revoke", { clientName: "claude 12" }],
    "revoke, client name, common": ["revoke", { clientName: "claude" }],
    "suspend, status claimed": ["suspend", { status: "claimed" }],
    "resume, status suspended": ["resume", { status: "suspended" }],
    "suspend, issuer and status": ["suspend", { issuer, status: "claimed" }],
    "revoke, a day": ["revoke", { createdFrom: aDay.from, createdBefore: aDay.before }],
  };
  const reach = async (action, filter) => {
    const pages = [];
    const listRegistrations = async (listing) => {
      const start = process.hrtime.bigint();
      const page = await queries.listRegistrations(listing);
      pages.push(Number(process.hrtime.bigint() - start) / 1e6);
      return page;
    };
    await reachOf({ queries: { ...queries, listRegistrations }, now }, action, filter);
    return { pages: pages.length, slowest: Math.max(...pages) };
  };
  return Object.entries(asked).map(([name, [action, filter]]) => [
    `reach: ${name}`,
    () => reach(action, filter),
    null,
  ]);
}

/** All calls. `busy` is a registration of which the log has much. */
export function listingsOf({ queries, busy }) {
  return [
    ...registrations(queries),
    ...audit(queries, busy),
    ...mail(queries),
    ...delegations(queries),
    ...counts(queries, busy),
    ...reaches(queries),
  ];
}
