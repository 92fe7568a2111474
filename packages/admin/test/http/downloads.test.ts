/** Downloads of any length leave room for other requests, end with their reader, and are never silently short. */
import { once } from "node:events";
import { createServer, get } from "node:http";
import type { AddressInfo } from "node:net";
import { afterEach, expect, test } from "@jest/globals";
import { csvCell, textOfPages } from "../../src/csv.js";
import { writeDownload } from "../../src/reply.js";

const servers: ReturnType<typeof createServer>[] = [];
afterEach(() => {
  for (const server of servers.splice(0)) {
    server.close();
    server.closeAllConnections();
  }
});

/** Serves one download and returns its address, and how the writing ended. */
async function serve(pieces: AsyncIterator<string>) {
  let written: Promise<unknown> = Promise.resolve();
  const server = createServer((_request, response) => {
    written = writeDownload(response, { "Content-Type": "text/csv" }, pieces).catch((error) => error);
  });
  servers.push(server);
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/`, written: () => written };
}

/** Pages of a listing that answers at once, as SQLite does. */
const pagesOf = (count: number, rows: (page: number) => number[]) => {
  const read: number[] = [];
  const readPage = async (after: string | null) => {
    const page = Number(after ?? 0);
    read.push(page);
    return { rows: rows(page), next: page + 1 < count ? String(page + 1) : null };
  };
  return { read, text: textOfPages("heading\r\n", readPage, (row) => `${row}\r\n`) };
};

test.each([
  ["full", (page: number) => [page]],
  ["empty", () => []],
])("every page read gives others a turn, %s pages too", async (_name, rows) => {
  const pages = pagesOf(300, rows);
  const { url } = await serve(pages.text);
  let turns = 0;
  let isOver = false;
  const count = () => {
    turns += 1;
    if (!isOver) setImmediate(count);
  };
  setImmediate(count);
  const text = await (await fetch(url)).text();
  isOver = true;
  expect(text.split("\r\n").length).toBeGreaterThanOrEqual(2);
  expect(pages.read).toHaveLength(300);
  expect(turns).toBeGreaterThanOrEqual(300);
});

test("reading stops when nobody listens any more", async () => {
  const pages = pagesOf(1_000_000, (page) => Array.from({ length: 200 }, () => page));
  const { url, written } = await serve(pages.text);
  await new Promise<void>((resolve) => {
    const request = get(url, (response) => {
      response.once("data", () => {
        request.destroy();
        resolve();
      });
    });
    request.on("error", () => {});
  });
  await written();
  expect(pages.read.length).toBeLessThan(1_000_000);
});

test("a reader that is slow leaves no listeners behind", async () => {
  const warnings: Error[] = [];
  const warn = (warning: Error) => warnings.push(warning);
  process.on("warning", warn);
  const pages = pagesOf(200, (page) => Array.from({ length: 5000 }, () => page));
  const { url, written } = await serve(pages.text);
  const text = await (await fetch(url)).text();
  await written();
  process.off("warning", warn);
  expect(text.match(/\r\n/g)).toHaveLength(1 + 200 * 5000);
  expect(warnings).toEqual([]);
});

test("a failure midway breaks the connection", async () => {
  const { url, written } = await serve(
    (async function* () {
      yield "heading";
      yield "row";
      throw new Error("the database went away");
    })(),
  );
  const response = await fetch(url);
  await expect(response.text()).rejects.toThrow();
  expect(await written()).toEqual(new Error("the database went away"));
});

test.each([
  ["=1+1", "'=1+1"],
  ["x;=1+1;y", "x;'=1+1;y"],
  ["a\r\n=1+1", "a\r\n'=1+1"],
  ["a,+b", "a,'+b"],
  ["\u2060=1", "'\u2060=1"],
  ["\u00AD@x", "'\u00AD@x"],
  ["\u2212 1", "'\u2212 1"],
  ["\uFE66x", "'\uFE66x"],
  ["\tx", "'\tx"],
  ["plain - text = fine", "plain - text = fine"],
  ["reg_1", "reg_1"],
])("a cell with %j is no formula anywhere", (text, written) => {
  expect(csvCell(text)).toBe(`"${written}"`);
});

test("a number is left a number", () => {
  expect(csvCell(-3)).toBe('"-3"');
});
