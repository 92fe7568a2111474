/** Bodies of every bad kind: the endpoint's own error, nothing stored, never 5xx, never HTML (HTTP-03, HTTP-12). */
import { gzipSync } from "node:zlib";
import { describe, expect, test } from "@jest/globals";
import {
  desk,
  expectEndpointError,
  formEndpoints,
  isForm,
  jsonEndpoints,
  typeOf,
} from "../support/raw-posts.js";
import { rawRequest } from "../support/stages.js";
import { jwtBearerGrant } from "../support/world.js";

const endpoints = [...jsonEndpoints, ...formEndpoints];
const tenMebibytes = Buffer.alloc(10 * 1024 * 1024, "a");
const cartesian = <Case>(paths: string[], cases: [string, Case][]) =>
  paths.flatMap((path) => cases.map(([name, value]): [string, string, Case] => [path, name, value]));

describe("every endpoint", () => {
  test.each(endpoints)("%s accepts its type in any case and with a charset (HTTP-09)", async (path) => {
    for (const parameter of ["", "; charset=utf-8", ';charset="UTF-8"', "; boundary=x", " ;"]) {
      const stage = await desk();
      const response = await stage.post(path, await stage.good(path), {
        "Content-Type": typeOf(path).replace("application", "Application") + parameter,
      });
      expect([parameter, response.status]).toEqual([parameter, 200]);
      expect(response.headers["cache-control"]).toBe("no-store");
    }
  });

  test.each(
    cartesian(
      endpoints,
      [
        "text/plain",
        "text/json",
        "multipart/form-data; boundary=x",
        "application/json-patch+json",
        "application/x-www-form-urlencoded+json",
        ";;;",
        "application/json, application/x-www-form-urlencoded",
        "",
      ].map((type): [string, string] => [type, type]),
    ),
  )("%s refuses the type %j: 415 for JSON, 400 for forms", async (path, _name, type) => {
    const stage = await desk();
    const headers = { "Content-Type": type };
    await stage.refuses(path, await stage.good(path), { status: isForm(path) ? 400 : 415, headers });
  });

  test.each(endpoints)("%s refuses the other family's type", async (path) => {
    const stage = await desk();
    const type = typeOf(isForm(path) ? "/agent/identity" : "/oauth2/token");
    await stage.refuses(path, await stage.good(path), {
      status: isForm(path) ? 400 : 415,
      headers: { "Content-Type": type },
    });
  });

  test.each(
    cartesian(
      endpoints,
      ["utf-16", "iso-8859-1", "nonsense", "utf-7"].map((name) => [name, name]),
    ),
  )("%s refuses the charset %s", async (path, _name, charset) => {
    const stage = await desk();
    const headers = { "Content-Type": `${typeOf(path)}; charset=${charset}` };
    await stage.refuses(path, await stage.good(path), { status: isForm(path) ? 400 : 415, headers });
  });

  test.each(
    cartesian(
      endpoints,
      ["gzip", "deflate", "br", "nonsense"].map((name) => [name, name]),
    ),
  )("%s refuses the content encoding %s", async (path, _name, encoding) => {
    const stage = await desk();
    const headers = { "Content-Encoding": encoding };
    const body = gzipSync(await stage.good(path));
    await stage.refuses(path, body, { status: isForm(path) ? 400 : 415, headers });
  });

  test.each(endpoints)("%s refuses 10 MiB with 413 and goes on answering (HTTP-12)", async (path) => {
    const stage = await desk();
    await stage.refuses(path, tenMebibytes, { status: 413 });
    await stage.refuses(path, tenMebibytes, {
      status: isForm(path) ? 400 : 415,
      headers: { "Content-Type": "a/b" },
    });
    expect((await stage.post(path, await stage.good(path))).status).toBe(200);
  });

  test.each(endpoints)("%s refuses 10 MiB in chunks without a declared length", async (path) => {
    const stage = await desk();
    const before = await stage.stored();
    const response = await rawRequest(stage.port, {
      method: "POST",
      path,
      headers: { "Content-Type": typeOf(path), "Transfer-Encoding": "chunked" },
      body: tenMebibytes,
    });
    expectEndpointError(path, response, 413, "invalid_request");
    expect(await stage.stored()).toEqual(before);
  });

  test.each(endpoints)("%s takes bodies up to 64 KiB and not a byte more", async (path) => {
    const stage = await desk();
    const good = await stage.good(path);
    const filled = (size: number) =>
      isForm(path)
        ? `${good}&x=${"a".repeat(size - good.length - 3)}`
        : good + " ".repeat(size - good.length);
    await stage.refuses(path, filled(65_537), { status: 413 });
    expect((await stage.post(path, filled(65_536))).status).toBe(200);
  });

  test.each(endpoints)("%s refuses an empty body", async (path) => {
    const stage = await desk();
    await stage.refuses(path, "", { status: 400 });
  });

  test.each(endpoints)("%s refuses bytes that are not UTF-8", async (path) => {
    const stage = await desk();
    const bytes = Buffer.concat([Buffer.from(await stage.good(path)), Buffer.from([0xc3, 0x28])]);
    await stage.refuses(path, bytes, { status: 400 });
  });

  test.each(
    cartesian(
      endpoints,
      ["GET", "PUT", "PATCH", "DELETE", "PROPFIND", "TRACE"].map((name) => [name, name]),
    ),
  )("%s refuses %s with 405 and names what it takes (HTTP-02)", async (path, _name, method) => {
    const stage = await desk();
    const body = method === "TRACE" ? "" : await stage.good(path);
    const before = await stage.stored();
    const headers = { "Content-Type": typeOf(path), "Content-Length": Buffer.byteLength(body) };
    const response = await rawRequest(stage.port, { method, path, headers, body });
    expectEndpointError(path, response, 405, "invalid_request");
    expect(response.headers.allow).toBe("POST, OPTIONS");
    expect(await stage.stored()).toEqual(before);
  });
});

describe("JSON", () => {
  const nested = (open: string, close: string, depth: number) => open.repeat(depth) + close.repeat(depth);
  const bad: [string, string][] = [
    ["an open brace", "{"],
    ["one brace too many", '{"type":"anonymous"}}'],
    ["single quotes", "{'type':'anonymous'}"],
    ["a comment", '{"type":"anonymous"} // hello'],
    ["a trailing comma", '{"type":"anonymous",}'],
    ["a bare word", "anonymous"],
    ["null", "null"],
    ["a number", "1"],
    ["a string", '"anonymous"'],
    ["a list", '[{"type":"anonymous","claim_token":"x"}]'],
    ["an empty object", "{}"],
    [
      "members only in __proto__",
      '{"__proto__":{"type":"anonymous","claim_token":"x","login_hint":"a@b.example"}}',
    ],
    ["members only in constructor", '{"constructor":{"prototype":{"type":"anonymous","claim_token":"x"}}}'],
    ["a type named like a method", '{"type":"toString","claim_token":"x"}'],
    ["values of the wrong kind", '{"type":["anonymous"],"claim_token":{"a":1},"login_hint":7}'],
    ["30000 nested lists", nested("[", "]", 30_000)],
    ["10000 nested objects", `${'{"type":'.repeat(7000)}1${"}".repeat(7000)}`],
    [
      "1000 unknown members",
      JSON.stringify(Object.fromEntries(Array.from({ length: 1000 }, (_, i) => [`m${i}`, i]))),
    ],
  ];
  test.each(cartesian(jsonEndpoints, bad))("%s refuses %s", async (path, _name, body) => {
    const stage = await desk();
    await stage.refuses(path, body, { status: 400 });
  });

  test("pollutes nothing", async () => {
    const stage = await desk();
    const body = '{"type":"anonymous","__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}';
    const response = await stage.post("/agent/identity", body);
    expect(response.status).toBe(200);
    expect(JSON.parse(response.text)).not.toHaveProperty("polluted");
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test("repeats nothing of what was sent", async () => {
    const stage = await desk();
    const marker = "<script>marker</script>";
    const response = await stage.refuses(
      "/agent/identity",
      JSON.stringify({ type: marker, [marker]: marker }),
      {
        status: 400,
      },
    );
    expect(response.text).not.toContain("marker");
  });
});

describe("forms", () => {
  const bad: [string, string][] = [
    ["a stray percent sign", "grant_type=%&token=%"],
    ["a percent sign with wrong digits", "grant_type=%zz&token=%zz"],
    ["percent-encoded bytes that are not UTF-8", "grant_type=a&token=%C3%28"],
    ["a broken name", "%E0%A4%A=x&token=a"],
    ["no known parameter", "hello"],
    ["empty parameters", "grant_type=&token=&assertion="],
    ["brackets behind the names", "grant_type[a]=x&token[a]=x"],
    ["names of the language", "__proto__=x&constructor=x&toString=x&hasOwnProperty=x"],
    ["a doubled parameter", "grant_type=a&grant_type=a&token=a&token=a"],
    ["a doubled parameter whose second is empty", "grant_type=a&grant_type=&token=a&token="],
    ["1000 fields", Array.from({ length: 1000 }, (_, i) => `f${i}=x`).join("&")],
    ["JSON", '{"grant_type":"x","token":"x"}'],
  ];
  test.each(cartesian(formEndpoints, bad))("%s refuses %s", async (path, _name, body) => {
    const stage = await desk();
    await stage.refuses(path, body, { status: 400 });
  });

  test.each(["assertion", "scope", "grant_type", "client_id", "claim_token"])(
    "the token endpoint refuses %s sent twice",
    async (name) => {
      const stage = await desk();
      const body = `${await stage.good("/oauth2/token")}&${name}=a&${name}=b`;
      const response = await stage.refuses("/oauth2/token", body, { status: 400 });
      expect(JSON.parse(response.text).error_description).toContain(
        `parameter ${name} was sent more than once`,
      );
    },
  );

  test.each(formEndpoints)("%s ignores names it does not know, even doubled ones", async (path) => {
    const stage = await desk();
    const body = `${await stage.good(path)}&__proto__=x&a[b]=c&a[b]=d&constructor=x&x=&=&&x`;
    expect((await stage.post(path, body)).status).toBe(200);
  });

  test("the token endpoint decodes plus signs and encoded names", async () => {
    const stage = await desk();
    const assertion = new URLSearchParams(await stage.good("/oauth2/token")).get("assertion");
    const body = `%67rant_type=${encodeURIComponent(jwtBearerGrant)}&assertion=${assertion}&scope=api.read+api.read`;
    const response = await stage.post("/oauth2/token", body);
    expect([response.status, JSON.parse(response.text).scope]).toEqual([200, "api.read"]);
  });
});
