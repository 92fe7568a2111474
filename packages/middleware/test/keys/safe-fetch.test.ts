/** The guarded fetch: what it will not ask, and what it will not swallow (JWT-15, CID-02, CID-03). */

import type { AddressInfo } from "node:net";
import { createServer, type Server } from "node:net";
import { fixedClock } from "@agent-auth/middleware/testing";
import { beforeEach, describe, expect, test } from "@jest/globals";
import { createFetchDocument, FetchFailure } from "../../src/keys/safe-fetch.js";
import { type Answer, bare, json, type TestIssuer, testIssuer } from "../support/issuer.js";
import { closeAfterTest } from "../support/stages.js";

const guarded = createFetchDocument({ allowPrivateNetwork: false });
const open = createFetchDocument({ allowPrivateNetwork: true });

async function faultOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(FetchFailure);
  return (error as FetchFailure).fault;
}

describe("a URL of a place we do not ask", () => {
  let connections: number;
  let port: number;
  beforeEach(async () => {
    connections = 0;
    const server: Server = createServer((socket) => {
      connections += 1;
      socket.destroy();
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    port = (server.address() as AddressInfo).port;
    closeAfterTest(() => new Promise((resolve) => server.close(resolve)));
  });

  test.each([
    "http://keys.example/",
    "https://127.0.0.1:PORT/",
    "https://localhost:PORT/",
    "https://user@keys.example/",
    "not a url",
  ])("is refused without a connection: %s", async (template) => {
    expect(await faultOf(guarded(template.replace("PORT", String(port))))).toBe("refused");
    expect(connections).toBe(0);
  });

  test("stays refused in development where it is no web address or holds credentials", async () => {
    for (const url of [`http://user@127.0.0.1:${port}/`, "file:///etc/passwd", "gopher://127.0.0.1/", "x"])
      expect(await faultOf(open(url))).toBe("refused");
    expect(connections).toBe(0);
  });

  test("that cannot be reached says so", async () => {
    expect(await faultOf(open(`http://127.0.0.1:${port}/`))).toBe("unreachable");
  });
});

describe("an answer", () => {
  let host: TestIssuer;
  beforeEach(async () => {
    host = await testIssuer(fixedClock());
  });
  const answered = (answer: Answer, limits?: { largestBytes: number }) => {
    host.answers.set("/doc", answer);
    return open(`${host.issuer}/doc`, limits);
  };

  test("of JSON comes back with its max-age", async () => {
    expect(await answered(json({ a: 1 }, { "Cache-Control": "public, max-age=77" }))).toEqual({
      json: { a: 1 },
      maxAgeSeconds: 77,
    });
    expect(await answered(json({}))).toEqual({ json: {}, maxAgeSeconds: null });
    expect(await answered(json({}, { "Cache-Control": "max-age=77, no-store" }))).toEqual({
      json: {},
      maxAgeSeconds: 0,
    });
  });

  test("is asked for with nothing but a name of ours and what we take", async () => {
    let seen: object = {};
    await answered((request, response) => {
      seen = { method: request.method, ...request.headers };
      response.end("{}");
    });
    expect(seen).toEqual({
      method: "GET",
      host: new URL(host.issuer).host,
      accept: "application/json",
      "user-agent": "agent-auth",
      connection: "close",
    });
  });

  test.each([301, 302, 303, 307, 308])("that redirects with %i is not followed", async (status) => {
    host.answers.set("/target", json({}));
    expect(await faultOf(answered(bare(status, { Location: "/target" })))).toBe("unusable");
    expect(host.asked).toEqual(["/doc"]);
  });

  test.each<[number, string]>([
    [201, "unusable"],
    [204, "unusable"],
    [304, "unusable"],
    [400, "unusable"],
    [404, "unusable"],
    [429, "unreachable"],
    [500, "unreachable"],
    [503, "unreachable"],
  ])("of status %i is %s", async (status, fault) => {
    expect(await faultOf(answered(json({}, {}, status)))).toBe(fault);
  });

  test.each(["", "null", "[]", "7", '"text"', "{", "{}{}", "<html>", "\u0000"])(
    "%j is no document",
    async (text) => {
      expect(await faultOf(answered(json(text)))).toBe("unusable");
    },
  );

  test("of 64 KiB is read, one byte more is not", async () => {
    const sized = (length: number) => json(JSON.stringify({ p: "p".repeat(length - 8) }));
    expect((await answered(sized(65_536))).json.p).toHaveLength(65_528);
    expect(await faultOf(answered(sized(65_537)))).toBe("unusable");
    expect(await faultOf(answered(sized(101), { largestBytes: 100 }))).toBe("unusable");
    expect((await answered(sized(100), { largestBytes: 100 })).json.p).toHaveLength(92);
  });

  test("without end is cut off as soon as it is too large", async () => {
    let sent = 0;
    const endless: Answer = (_request, response) => {
      const more = () => {
        while (!response.destroyed && response.write(" ".repeat(8192))) sent += 8192;
        sent += 8192;
      };
      response.on("drain", more);
      more();
    };
    expect(await faultOf(answered(endless))).toBe("unusable");
    expect(sent).toBeLessThan(64 * 1024 * 1024);
  });

  test("that breaks off is no document", async () => {
    const broken: Answer = (_request, response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write('{"a":');
      response.on("drain", () => {});
      setImmediate(() => response.destroy());
    };
    expect(await faultOf(answered(broken))).toBe("unreachable");
  });

  test("that is compressed although we never asked for that is no document", async () => {
    expect(await faultOf(answered(json("\u001f\u008b\u0008", { "Content-Encoding": "gzip" })))).toBe(
      "unusable",
    );
  });

  test("that never comes, or comes in drops, is given up after five seconds", async () => {
    const drops: Answer = (_request, response) => {
      const timer = setInterval(() => response.write(" "), 200);
      response.on("close", () => clearInterval(timer));
    };
    host.answers.set("/silent", "never");
    const began = performance.now();
    const [silent, dripping] = await Promise.all([
      faultOf(open(`${host.issuer}/silent`)),
      faultOf(answered(drops)),
    ]);
    expect([silent, dripping]).toEqual(["unreachable", "unreachable"]);
    expect(performance.now() - began).toBeGreaterThan(4500);
    expect(performance.now() - began).toBeLessThan(15_000);
  });
});
