/** What a socket carries besides single good requests: several on one connection, odd methods, odd request targets. */
import { once } from "node:events";
import { connect, type Socket } from "node:net";
import { describe, expect, test } from "@jest/globals";
import express, { type RequestHandler } from "express";
import express4 from "express4";
import { closeAfterTest } from "../support/stages.js";
import { type Host, openHost, type Shape } from "./host.js";
import { walk, walked } from "./walk.js";

const versions: [string, typeof express][] = [
  ["Express 4", express4],
  ["Express 5", express],
];

interface Answer {
  status: number;
  headers: Record<string, string>;
  body: string;
}

/** Sends these bytes in one go on one connection, and reads this many answers. */
async function exchangeOn(host: Host, bytes: string, count: number): Promise<Answer[]> {
  const socket: Socket = connect(host.port, "127.0.0.1");
  closeAfterTest(() => socket.destroy());
  await once(socket, "connect");
  const answers: Answer[] = [];
  let received = Buffer.alloc(0);
  const done = new Promise<void>((resolve, reject) => {
    socket.on("data", (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      for (let found = takeAnswer(received); found !== null; found = takeAnswer(received)) {
        answers.push(found.answer);
        received = found.rest;
      }
      if (answers.length >= count) resolve();
    });
    socket.on("close", () => reject(new Error(`closed after ${answers.length} answers`)));
  });
  socket.write(bytes, "latin1");
  await done;
  return answers;
}

function takeAnswer(received: Buffer): { answer: Answer; rest: Buffer<ArrayBuffer> } | null {
  const end = received.indexOf("\r\n\r\n");
  if (end < 0) return null;
  const [first = "", ...lines] = received.subarray(0, end).toString("latin1").split("\r\n");
  const headers = Object.fromEntries(
    lines.map((line) => [line.split(":", 1)[0]?.toLowerCase(), line.slice(line.indexOf(":") + 1).trim()]),
  );
  const length = Number(headers["content-length"] ?? 0);
  if (received.length < end + 4 + length) return null;
  const body = received.subarray(end + 4, end + 4 + length).toString("utf8");
  return {
    answer: { status: Number(first.split(" ")[1]), headers, body },
    rest: Buffer.from(received.subarray(end + 4 + length)),
  };
}

const post = (path: string, type: string, body: string, extra = "") =>
  `POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Type: ${type}\r\n${extra}Content-Length: ${body.length}\r\n\r\n${body}`;
const json = "application/json";
const form = "application/x-www-form-urlencoded";
const good = post("/agent/identity", json, '{"type":"anonymous"}');
const chunked = (body: string) =>
  `POST /agent/identity HTTP/1.1\r\nHost: a\r\nContent-Type: ${json}\r\nTransfer-Encoding: chunked\r\n\r\n${body}`;
const chunk = (text: string) => `${text.length.toString(16)}\r\n${text}\r\n`;

const bodies: [string, string, number][] = [
  ["malformed JSON", post("/agent/identity", json, '{"type":'), 400],
  ["an empty body", post("/agent/identity", json, ""), 400],
  ["a body of another type", post("/agent/identity", "text/plain", "GET / HTTP/1.1\r\n\r\n"), 415],
  ["a body over the limit", post("/agent/identity", json, " ".repeat(300_000)), 413],
  ["a chunked body over the limit", chunked(`${chunk(" ".repeat(300_000))}0\r\n\r\n`), 413],
  ["a form over the limit", post("/oauth2/token", form, `a=${"b".repeat(300_000)}`), 413],
  ["bytes that are no UTF-8", post("/agent/identity", json, "\xC3\x28"), 400],
  ["a body with a wrong method", post("/auth.md", json, '{"a":1}'), 405],
  ["a body for a guarded route", post("/api/notes", json, '{"a":'), 401],
  ["a body on a page", post("/agent/claim", json, '{"a":1}'), 415],
];
const parsers: [string, Shape][] = versions.flatMap(([version, create]): [string, Shape][] => [
  [`${version}, no parsers`, { create }],
  [`${version}, parsers before`, { create, before: [create.json(), create.urlencoded({ extended: false })] }],
]);

describe.each(parsers)("on one connection, %s", (_name, shape) => {
  test.each(bodies)("%s between good requests costs only itself", async (_what, bad, status) => {
    const host = await openHost(shape);
    const answers = await exchangeOn(host, good + bad + good + bad + good, 5);
    // Guards run behind the parsers: there the host's parser is first to refuse.
    const isParsed = shape.before !== undefined && bad.startsWith("POST /api/notes");
    expect(answers.map((answer) => answer.status)).toEqual([
      200,
      isParsed ? 400 : status,
      200,
      isParsed ? 400 : status,
      200,
    ]);
    for (const { headers } of answers) expect(headers.connection).not.toBe("close");
    const ids = [0, 2, 4].map((index) => JSON.parse(answers[index]?.body ?? "").id);
    expect(new Set(ids).size).toBe(3);
  });
});

const capture: RequestHandler = (request, _response, next) => {
  const chunks: Buffer[] = [];
  request.on("data", (piece: Buffer) => chunks.push(piece));
  request.on("end", () => Object.assign(request, { rawBody: Buffer.concat(chunks) }));
  next();
};

describe.each(versions)("%s", (_name, create) => {
  test("a host that listens to the bytes of every body leaves us ours", async () => {
    const host = await openHost({ create, before: [capture] });
    expect(await walk(host)).toEqual(walked);
  });

  test("a request target in absolute form is the same place", async () => {
    const host = await openHost({ create });
    const absolute = good.replace("POST /", `POST ${host.origin}/`);
    const [answer] = await exchangeOn(host, absolute, 1);
    expect([answer?.status, JSON.parse(answer?.body ?? "").type]).toEqual([200, "anonymous"]);
  });
});
