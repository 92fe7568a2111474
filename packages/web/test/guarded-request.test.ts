/** The guarded request: whom it will not ask, and what it will not swallow. */
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, beforeEach, describe, expect, test } from "@jest/globals";
import { RequestFailure, readBody, sendGuarded } from "../src/guarded-request.js";

let server: Server;
let listener: RequestListener;
let connections: number;
let port: number;
beforeEach(async () => {
  connections = 0;
  listener = (_request, response) => response.end("answer");
  server = createServer((request, response) => listener(request, response));
  server.on("connection", () => {
    connections += 1;
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  port = (server.address() as AddressInfo).port;
});
afterEach(async () => {
  server.closeAllConnections();
  await new Promise((resolve) => server.close(resolve));
});

const get = (url: string, allowPrivateNetwork: boolean) =>
  sendGuarded(url, { method: "GET", headers: {}, allowPrivateNetwork });

async function faultOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => null,
    (thrown: unknown) => thrown,
  );
  expect(error).toBeInstanceOf(RequestFailure);
  return (error as RequestFailure).fault;
}

const refusals = ["not_a_url", "not_https", "credentials", "private_address"];

describe("a place we do not ask", () => {
  test.each([
    "http://127.0.0.1:PORT/",
    "http://keys.example/",
    "https://127.0.0.1:PORT/",
    "https://127.0.0.1.:PORT/",
    "https://127.1:PORT/",
    "https://2130706433:PORT/",
    "https://0x7f000001:PORT/",
    "https://0x7f.0.0.1:PORT/",
    "https://0177.0.0.1:PORT/",
    "https://%31%32%37.0.0.1:PORT/",
    "https://①②⑦.0.0.1:PORT/",
    "https://0.0.0.0:PORT/",
    "https://0:PORT/",
    "https://[::1]:PORT/",
    "https://[::]:PORT/",
    "https://[::127.0.0.1]:PORT/",
    "https://[::ffff:127.0.0.1]:PORT/",
    "https://[::ffff:7f00:1]:PORT/",
    "https://[64:ff9b::127.0.0.1]:PORT/",
    "https://[2002:7f00:1::]:PORT/",
    "https://10.0.0.1/",
    "https://192.168.0.1/",
    "https://172.16.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://100.100.100.200/",
    "https://[fd00::1]/",
    "https://[fe80::1]/",
    "https://localhost:PORT/",
    "https://LOCALHOST:PORT/",
    "https://user:pass@keys.example/",
    "https://user@keys.example/",
    "file:///etc/passwd",
    "data:application/json,{}",
    "ftp://keys.example/",
    "//keys.example/",
    "/etc/passwd",
    "",
    "https://",
    "not a url",
  ])("is refused without a connection: %s", async (template) => {
    expect(refusals).toContain(await faultOf(get(template.replace("PORT", String(port)), false)));
    expect(connections).toBe(0);
  });

  test.each([
    ["http://user@127.0.0.1:PORT/", "credentials"],
    ["file:///etc/passwd", "not_https"],
    ["gopher://127.0.0.1/", "not_https"],
    ["x", "not_a_url"],
  ])("stays refused in development: %s", async (template, fault) => {
    expect(await faultOf(get(template.replace("PORT", String(port)), true))).toBe(fault);
    expect(connections).toBe(0);
  });

  test("says why", async () => {
    expect(await faultOf(get(`http://localhost:${port}/`, false))).toBe("not_https");
    expect(await faultOf(get("https://u@localhost/", false))).toBe("credentials");
    expect(await faultOf(get(`https://127.0.0.1:${port}/`, false))).toBe("private_address");
    expect(await faultOf(get(`https://localhost:${port}/`, false))).toBe("private_address");
  });
});

describe("a request", () => {
  test("is sent as it was given, on a connection of its own", async () => {
    const seen: object[] = [];
    listener = (request, response) => {
      const { method, url, headers } = request;
      request.setEncoding("utf8");
      let body = "";
      request.on("data", (text) => {
        body += text;
      });
      request.on("end", () => {
        seen.push({ method, url, headers, body });
        response.end();
      });
    };
    const answer = await sendGuarded(`http://127.0.0.1:${port}/a?b`, {
      method: "POST",
      headers: { Accept: "text/plain" },
      body: "é",
      allowPrivateNetwork: true,
    });
    expect((await readBody(answer, 0)).length).toBe(0);
    const host = `127.0.0.1:${port}`;
    expect(seen).toEqual([
      {
        method: "POST",
        url: "/a?b",
        headers: { host, accept: "text/plain", "content-length": "2", connection: "close" },
        body: "é",
      },
    ]);
  });

  test("follows no redirect", async () => {
    listener = (_request, response) => response.writeHead(302, { Location: "/elsewhere" }).end();
    const answer = await get(`http://127.0.0.1:${port}/`, true);
    expect([answer.statusCode, answer.headers.location]).toEqual([302, "/elsewhere"]);
    answer.destroy();
    expect(connections).toBe(1);
  });

  test("that nobody answers says so, with what the system said", async () => {
    listener = (request) => request.socket.destroy();
    const failed = get(`http://127.0.0.1:${port}/`, true);
    expect(await faultOf(failed)).toBe("unreachable");
    await expect(failed).rejects.toMatchObject({ cause: { code: "ECONNRESET" } });
  });
});

describe("an answer", () => {
  const body = async (largestBytes: number) =>
    readBody(await get(`http://127.0.0.1:${port}/`, true), largestBytes);

  test("is read up to the limit, and not a byte more", async () => {
    expect((await body(6)).toString()).toBe("answer");
    expect(await faultOf(body(5))).toBe("too_large");
  });

  test("that breaks off is none", async () => {
    listener = (_request, response) => {
      response.writeHead(200, { "Content-Length": "1000" });
      response.write("begun");
      setImmediate(() => response.destroy());
    };
    expect(await faultOf(body(1000))).toBe("broken_off");
  });
});
