/** The list of registrations and one of them: search, filters, hostile input, exports, and what each action does. */
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { wordsOf } from "../support/form.js";
import {
  anonymousAgent,
  callApi,
  claimedAgent,
  people,
  type Stage,
  stage,
  Visitor,
} from "../support/stage.js";

let on: Stage;
let olga: Visitor;
beforeEach(async () => {
  on = await stage();
  olga = new Visitor(on, "operator");
});
afterEach(() => on.close());

const idsIn = (text: string): string[] => [
  ...new Set(
    [...text.matchAll(/href="[^"]*\/registrations\/(reg_[0-9a-f]+)"/g)].map((found) => found[1] as string),
  ),
];

describe("GET /registrations", () => {
  test("teaches where agents start while there is none", async () => {
    const { text } = await olga.get("/registrations");
    expect(text).toContain("No agent has registered yet");
    expect(text).toContain("https://notes.example/auth.md");
  });

  test("finds by id, e-mail, name and IP, and leaves no address in the URL", async () => {
    const alices = await claimedAgent(on, "alice", "Trip Planner");
    const other = await anonymousAgent(on, "Ledger Bot");
    const find = async (q: string) => {
      const reply = await olga.get(`/registrations?q=${encodeURIComponent(q)}`);
      expect(reply.status).toBe(303);
      const location = (reply.headers.location as string).slice(on.mount.length);
      expect(location).not.toContain("alice%40");
      return idsIn((await olga.get(location)).text);
    };
    expect(await find("alice@example.com")).toEqual([alices.id]);
    expect(await find(other.id)).toEqual([other.id]);
    expect(await find("ledger")).toEqual([other.id]);
    expect(await find("user:usr_alice")).toEqual([alices.id]);
    expect(await find("https://nobody.example")).toEqual([]);
    expect((await olga.get("/registrations?q=nobody%40example.com")).text).toContain(
      "No user of this service",
    );
  });

  test("pages with a shareable address until every one was shown once", async () => {
    const made = [];
    for (let number = 0; number < 53; number++) {
      made.push((await anonymousAgent(on, `Agent ${number}`)).id);
      on.clock.advance(1);
    }
    const first = await olga.get("/registrations?order=oldest");
    const next = /href="([^"]+)"[^>]*>Next page|rel="next" href="([^"]+)"/.exec(first.text)?.[2] ?? "";
    const second = await new Visitor(on, "viewer").get(next.replaceAll("&amp;", "&").slice(on.mount.length));
    expect([...idsIn(first.text), ...idsIn(second.text)]).toEqual(made);
    expect(first.text).toContain('aria-sort="ascending"');
  });

  test("any query string is a page, and none is reflected unescaped", async () => {
    await anonymousAgent(on);
    const hostile = "\"><script>alert(1)</script>'%00\u202E";
    for (const name of "q id user name issuer ip status kind scope created_from used_to sort order after".split(
      " ",
    )) {
      for (const value of [hostile, "", "%ff", "' OR 1=1 --", "x".repeat(4000), "__proto__", "constructor"]) {
        const reply = await olga.get(
          `/registrations?${name}=${value === "%ff" ? value : encodeURIComponent(value)}`,
        );
        expect([200, 303]).toContain(reply.status);
        expect(reply.text).not.toContain("<script");
      }
    }
    expect(on.failures).toEqual([]);
  });

  test("an agent's own text is escaped, isolated and stripped of what hides in it", async () => {
    const { id } = await anonymousAgent(on, "<img src=x onerror=alert(1)>\u202Egnp");
    for (const path of ["/registrations", `/registrations/${id}`, `/bulk/revoke?id=${id}`]) {
      const { text } = await olga.get(path);
      expect(text).not.toContain("<img");
      expect(text).not.toContain("\u202E");
      expect(text).toContain("&lt;img src=x onerror=alert(1)&gt;");
    }
  });
});

describe("POST /registrations.csv", () => {
  test("holds what the filter finds, and no formula", async () => {
    const names = ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", ' "quoted", =x', "plain"];
    for (const name of names) await anonymousAgent(on, name);
    const { text, headers } = await olga.post("/registrations.csv?kind=anonymous");
    expect(headers["content-type"]).toBe("text/csv; charset=utf-8");
    expect(headers["content-disposition"]).toContain("attachment");
    const lines = text.trimEnd().split("\r\n");
    expect(lines).toHaveLength(names.length + 1);
    for (const cell of text.matchAll(/"((?:[^"]|"")*)"/g)) expect(cell[1]).not.toMatch(/^\s*[=+\-@]/);
    expect(text).toContain(`"'=1+1"`);
    expect(
      (await olga.post("/registrations.csv?kind=service_auth")).text.trimEnd().split("\r\n"),
    ).toHaveLength(1);
  });

  test("is noted with who took what before a row leaves, and a refusal is not", async () => {
    await anonymousAgent(on);
    const exports = async () => {
      const found = await on.auth.admin.queries?.pageAudit(
        { type: "data.exported" },
        { after: null, limit: 10 },
      );
      return found?.rows.map(({ actor, detail }) => [actor.id, detail]);
    };
    for (const query of ["kind=robot", "status=claimed&status=revoked"])
      expect((await olga.post(`/registrations.csv?${query}`)).status).toBe(400);
    expect((await olga.post("/audit.csv?from=never")).status).toBe(400);
    expect((await olga.get("/registrations.csv")).status).toBe(405);
    expect(await exports()).toEqual([]);
    await olga.post("/registrations.csv?kind=anonymous&user=usr_alice");
    await olga.post("/registrations.csv");
    await olga.post("/audit.ndjson?type=data.exported&from=2026-01-01&to=2026-01-31&actor=op_operator");
    const day = Date.UTC(2026, 0, 1) / 1000;
    const range = { from: day, before: day + 31 * 86_400 };
    const asked = [
      ["audit_log", { type: "data.exported", actorId: "op_operator", ...range }],
      ["registrations", {}],
      ["registrations", { userId: "usr_alice", kind: "anonymous" }],
    ];
    expect(await exports()).toEqual(
      asked.map(([what, filter]) => ["op_operator", { what, filter: JSON.stringify(filter) }]),
    );
    const told = wordsOf((await olga.get("/audit?type=data.exported")).text);
    expect(told).toContain("What was taken: Registrations To what: User usr_alice, Kind Anonymous");
    expect(told).toContain("What was taken: Registrations To what: Everything");
    expect(told).toContain(
      "To what: Event Data exported, Actor id op_operator, From (UTC) 2026-01-01, Until (UTC) 2026-01-31",
    );
  });

  test("streams more than one piece", async () => {
    for (let number = 0; number < 510; number++)
      await on.agent.post("/agent/identity").send({ type: "anonymous" }).expect(200);
    const { text } = await olga.post("/registrations.csv");
    expect(text.trimEnd().split("\r\n")).toHaveLength(511);
  });
});

describe("actions on one registration", () => {
  test("suspend stops it at once, resume lets it go on, and the timeline has both with the operator", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    await olga.submit(`/registrations/${id}/suspend`, { reason: "Looks odd" });
    expect((await callApi(on, token)).status).toBe(401);
    await olga.submit(`/registrations/${id}/resume`, { reason: "It was a test" });
    expect((await callApi(on, token)).status).toBe(200);
    const { text } = await olga.get(`/registrations/${id}`);
    expect(text).toContain("Looks odd");
    expect(text).toContain("It was a test");
    expect(text).toContain("op_operator");
  });

  test("narrowing takes away from the next call on, and refuses to give", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    const more = await olga.submit(`/registrations/${id}/narrow`, {
      reason: "x",
      scope: ["api.read", "admin"],
    });
    expect(more.status).toBe(422);
    expect(
      (await olga.submit(`/registrations/${id}/narrow`, { reason: "x", scope: ["api.write"] })).status,
    ).toBe(303);
    expect((await callApi(on, token)).status).toBe(403);
  });

  test("an end date stops it when it comes, not before", async () => {
    const { id, token } = await claimedAgent(on, "bob");
    const page = `/registrations/${id}/end-date`;
    expect((await olga.submit(page, { reason: "x", ends_on: "2026-02-30" })).status).toBe(422);
    expect((await olga.submit(page, { reason: "x", ends_on: "2026-01-01" })).status).toBe(303);
    expect((await callApi(on, token)).status).toBe(401);
    expect((await olga.submit(page, { reason: "x", ends_on: "" })).status).toBe(303);
    expect((await callApi(on, token)).status).toBe(200);
  });

  test("a form that is older than a change is asked again, and nothing is done", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    const seen = JSON.stringify(["claimed", 99, ["api.read"], null, null]);
    const reply = await olga.post(`/registrations/${id}/narrow`, { reason: "x", scope: "api.write", seen });
    expect(reply.status).toBe(409);
    expect((await callApi(on, token)).status).toBe(200);
  });

  test("two operators revoking the same agent: one does, the other is told", async () => {
    const { id } = await claimedAgent(on, "alice");
    const otto = new Visitor(on, "admin");
    const replies = await Promise.all([
      olga.submit(`/registrations/${id}/revoke`, { reason: "one" }),
      otto.submit(`/registrations/${id}/revoke`, { reason: "two" }),
    ]);
    const words = replies
      .map(({ headers }) => /message=(\w+)\./.exec(headers.location as string)?.[1])
      .sort();
    expect(words).toEqual(["revoked", "unchanged"]);
  });

  test("one token can be revoked; another registration's cannot through this one", async () => {
    const { id, token } = await claimedAgent(on, "alice");
    const other = await anonymousAgent(on);
    const hash = (await on.auth.admin.queries?.listTokens(id))?.[0]?.hash as string;
    expect((await olga.get(`/registrations/${other.id}/tokens/${hash}`)).status).toBe(404);
    await olga.submit(`/registrations/${id}/tokens/${hash}`, { reason: "leaked" });
    expect((await callApi(on, token)).status).toBe(401);
    expect(await on.auth.findRegistration(id)).toMatchObject({ status: "claimed" });
  });

  test("viewers see no address that an agent named", async () => {
    const { id } = await claimedAgent(on, "alice");
    const email = people.alice?.email as string;
    expect((await new Visitor(on, "viewer").get(`/registrations/${id}`)).text).not.toContain(email);
    expect((await olga.get(`/registrations/${id}`)).text).toContain(email);
  });
});
