/** When something breaks in the middle: the database, an export, the text of a form. Clear pages, nothing half done. */
import { once } from "node:events";
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type RequestListener,
  type Server,
} from "node:http";
import { type AddressInfo, connect } from "node:net";
import { agentAdmin } from "@agent-auth/admin";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import express from "express";
import { writeDownload } from "../../src/reply.js";
import { type DatabaseStage, databaseStage, multiply } from "../support/database-stage.js";
import { wordsOf } from "../support/form.js";
import { anonymousAgent, callApi, hiddenFields, type StageOptions, Visitor } from "../support/stage.js";

const reason = "It misbehaved";
let on: DatabaseStage;
let olga: Visitor;
const open = async (options: StageOptions = {}) => {
  on = await databaseStage(options);
  olga = new Visitor(on, "operator");
};
beforeEach(() => open());
const servers: Server[] = [];
afterEach(async () => {
  for (const server of servers.splice(0)) {
    server.closeAllConnections();
    server.close();
  }
  await on.close();
});

async function listen(listener: RequestListener): Promise<number> {
  const server = createServer(listener).listen(0, "127.0.0.1");
  servers.push(server);
  await once(server, "listening");
  return (server.address() as AddressInfo).port;
}

describe("a database that does not answer", () => {
  test("is a 503 page that says so, and the very same form works once it answers again", async () => {
    const { id, token } = await anonymousAgent(on);
    const form = await olga.get(`/registrations/${id}/revoke`);
    const letGo = await on.database.lock();
    const reply = await olga.submit(`/registrations/${id}/revoke`, { reason });
    expect(reply.status).toBe(503);
    expect(reply.headers["retry-after"]).toMatch(/^[1-9]\d*$/);
    expect(reply.headers["cache-control"]).toBe("no-store");
    expect(wordsOf(reply.text)).toContain("The database does not answer Nothing is lost.");
    expect(reply.text).not.toMatch(/SQLITE|at \w+ \(|agent-auth\.db/);
    expect(on.failures).toHaveLength(1);
    await letGo();
    expect(await on.auth.findRegistration(id)).toMatchObject({ revokedAt: null });
    expect((await callApi(on, token)).status).toBe(200);
    expect(form.status).toBe(200);
    expect((await olga.submit(`/registrations/${id}/revoke`, { reason })).status).toBe(303);
    expect((await callApi(on, token)).status).toBe(401);
  });

  test.each([
    ["a provider's switch", "/providers/switch/disable", { issuer: "https://agents.example-ai.com" }],
    ["a bulk job", "/bulk/revoke", { name: "Notes", seen: "revoke 1", typed: "revoke 1" }],
    [
      "an incident",
      "/incident",
      { reach: "all", all_reason: reason, all_typed: "revoke everything", shown: "{}" },
    ],
  ])("%s is not half done", async (_what, path, fields) => {
    await on.close();
    const trustedProviders = [{ issuer: "https://agents.example-ai.com", name: "Example AI" }];
    await open({ options: { trustedProviders } });
    await anonymousAgent(on);
    const admin = new Visitor(on, "admin");
    const csrf = await admin.csrf();
    const form = { ...fields, seen_at: String(on.clock.now()), reason, csrf };
    const letGo = await on.database.lock();
    expect((await admin.post(path, form)).status).toBe(503);
    await letGo();
    expect(await on.auth.admin.listJobs()).toEqual([]);
    const [entry] = await on.auth.admin.listProviders();
    expect(entry?.provider.disabledAt).toBeNull();
    expect((await admin.post(path, form)).status).toBe(303);
  });

  test("every page is that page once the database is gone", async () => {
    const { id } = await anonymousAgent(on);
    const csrf = await olga.csrf();
    await on.auth.close();
    const pages = ["/", "/registrations", `/registrations/${id}`, "/audit", "/mail"];
    for (const path of [...pages, "/registrations.csv"]) {
      const reply = path.endsWith(".csv") ? await olga.post(path, { csrf }) : await olga.get(path);
      expect([path, reply.status]).toEqual([path, 503]);
      expect(reply.headers["content-type"]).toBe("text/html; charset=utf-8");
      expect(reply.text).toContain("The database does not answer");
    }
  });
});

test("what went wrong is logged without secrets, and without what an error quotes", async () => {
  const { token } = await anonymousAgent(on);
  const logged: object[] = [];
  const app = express().use(
    agentAdmin(on.auth, {
      authorize() {
        const cause = new Error(`with ${token}`);
        throw Object.assign(new Error("the sessions are away", { cause }), { detail: "alice@example.com" });
      },
      logger: { error: (fields) => logged.push(fields) },
    }),
  );
  const reply = await fetch(`http://127.0.0.1:${await listen(app)}/registrations`);
  expect(reply.status).toBe(500);
  expect(await reply.text()).not.toMatch(/sessions|alice|at_/);
  const text = JSON.stringify(logged);
  expect(text).toContain("the sessions are away");
  for (const secret of [token, "alice@example.com"]) expect(text).not.toContain(secret);
});

describe("an export that breaks in the middle", () => {
  /** The dashboard on queries that lose their database before the second page. */
  async function losing(): Promise<number> {
    const { id } = await anonymousAgent(on);
    await multiply(on, id, 1500);
    const queries = on.auth.admin.queries as NonNullable<typeof on.auth.admin.queries>;
    let pages = 0;
    const listRegistrations: typeof queries.listRegistrations = async (listing) => {
      pages += 1;
      if (pages === 2) await on.auth.close();
      return queries.listRegistrations(listing);
    };
    const admin = { ...on.auth.admin, queries: { ...queries, listRegistrations } };
    const app = express().use(
      agentAdmin(
        { admin },
        {
          authorize: () => ({ id: "op_1", name: "Olga", role: "viewer" }),
          logger: { error: (fields) => on.failures.push(fields) },
        },
      ),
    );
    return listen(app);
  }

  test("ends in an error for who reads it, not like a shorter file", async () => {
    const base = `http://127.0.0.1:${await losing()}`;
    const page = await fetch(`${base}/settings`);
    const { csrf = "" } = hiddenFields(await page.text());
    const request = httpRequest(`${base}/registrations.csv`, {
      method: "POST",
      headers: {
        "Content-Type": "application/x-www-form-urlencoded",
        "Sec-Fetch-Site": "same-origin",
        Cookie: page.headers.getSetCookie().map((cookie) => cookie.split(";")[0] as string),
      },
    });
    request.end(new URLSearchParams({ csrf }).toString());
    const [response] = (await once(request, "response")) as [IncomingMessage];
    expect(response.statusCode).toBe(200);
    let text = "";
    response.on("data", (piece: Buffer) => {
      text += piece.toString();
    });
    const outcome = await new Promise<string>((resolve) => {
      response.on("end", () => resolve("ended"));
      response.on("error", () => resolve("broken"));
      // A reset is told to whoever asked, too.
      request.on("error", () => {});
    });
    expect(outcome).toBe("broken");
    expect(response.complete).toBe(false);
    expect(text.split("\r\n").length).toBeLessThan(1501);
    expect(on.failures).toHaveLength(1);
  });
});

test("an export without chunks (HTTP/1.0) is reset: the end of the connection would be the end of the file", async () => {
  let received = () => {};
  const hasArrived = new Promise<void>((resolve) => {
    received = resolve;
  });
  const pieces = (async function* () {
    yield "heading\r\n";
    await hasArrived;
    throw new Error("the database went away");
  })();
  const port = await listen((_request, response) => {
    writeDownload(response, { "Content-Type": "text/csv" }, pieces).catch(() => response.destroy());
  });
  const socket = connect(port, "127.0.0.1");
  socket.write("GET / HTTP/1.0\r\n\r\n");
  let text = "";
  socket.on("data", (piece: Buffer) => {
    text += piece.toString();
    if (text.endsWith("heading\r\n")) received();
  });
  const outcome = await new Promise<string>((resolve) => {
    socket.on("end", () => resolve("ended"));
    socket.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? ""));
  });
  expect(text).toMatch(/^HTTP\/1\.1 200 /);
  expect(text).not.toMatch(/transfer-encoding|content-length/i);
  expect(outcome).toBe("ECONNRESET");
});

describe("a form that is no text", () => {
  test.each<[string, StageOptions]>([
    ["read by us", {}],
    ["read by the host as bytes", { before: [express.raw({ type: "application/x-www-form-urlencoded" })] }],
  ])("is refused and changes nothing, %s", async (_what, options) => {
    await on.close();
    await open(options);
    const { id, token } = await anonymousAgent(on);
    const csrf = await olga.csrf();
    const bytes = Buffer.concat([Buffer.from(`csrf=${csrf}&reason=caf`), Buffer.from([0xe9, 0xff])]);
    const reply = await olga.send(`/registrations/${id}/revoke`, bytes);
    expect(reply.status).toBe(400);
    expect(wordsOf(reply.text)).toContain("The form could not be read Nothing was changed.");
    expect((await callApi(on, token)).status).toBe(200);
    expect(on.failures).toEqual([]);
    const good = Buffer.from(`csrf=${csrf}&reason=café`);
    expect((await olga.send(`/registrations/${id}/revoke`, good)).status).toBe(303);
    expect((await callApi(on, token)).status).toBe(401);
    expect((await olga.get(`/registrations/${id}`)).text).toContain("café");
  });

  test("escapes that are no UTF-8 are shown as such, and break nothing", async () => {
    const { id } = await anonymousAgent(on);
    const body = Buffer.from(`csrf=${await olga.csrf()}&reason=caf%E9%00%FF`);
    expect((await olga.send(`/registrations/${id}/revoke`, body)).status).toBe(422);
    expect(await on.auth.findRegistration(id)).toMatchObject({ revokedAt: null });
    expect(on.failures).toEqual([]);
  });
});
