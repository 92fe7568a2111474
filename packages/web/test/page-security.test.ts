/** What protects pages: headers, the same-origin check, the way back, cookies. */
import { describe, expect, test } from "@jest/globals";
import { cookieLine, cookieValue, isSameOrigin, pageHeaders, safeReturnTo } from "../src/page-security.js";

const origin = "https://api.example.com";

describe("headers of a page", () => {
  test("keep it private, unframed, and without anything from elsewhere", () => {
    expect(pageHeaders(false)).toEqual({
      "Cache-Control": "no-store",
      Pragma: "no-cache",
      "Content-Security-Policy":
        "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
      "X-Frame-Options": "DENY",
      "Referrer-Policy": "same-origin",
      "Cross-Origin-Opener-Policy": "same-origin",
      "Permissions-Policy": "camera=(), geolocation=(), microphone=(), publickey-credentials-get=()",
    });
  });

  test("keep browsers on https where we are on https", () => {
    const { "Strict-Transport-Security": strict, ...others } = pageHeaders(true);
    expect(strict).toBe("max-age=31536000");
    expect(others).toEqual(pageHeaders(false));
  });
});

describe("a form", () => {
  test.each([
    [{ "sec-fetch-site": "same-origin" }, true],
    [{ "sec-fetch-site": "none" }, true],
    [{ "sec-fetch-site": "same-site" }, false],
    [{ "sec-fetch-site": "cross-site" }, false],
    [{ "sec-fetch-site": "" }, false],
    [{ "sec-fetch-site": "same-origin", origin: "null" }, true],
    [{ "sec-fetch-site": "cross-site", origin }, false],
    [{ origin }, true],
    [{ origin: "null" }, false],
    [{ origin: "https://api.example.com.evil.example" }, false],
    [{ origin: "http://api.example.com" }, false],
    [{}, true],
  ])("sent with %j is from our own origin: %p", (headers, expected) => {
    expect(isSameOrigin(headers, origin)).toBe(expected);
    expect(isSameOrigin(headers, (sender) => sender === origin)).toBe(expected);
  });
});

describe("the way back", () => {
  test.each(["/", "/notes", "/notes?a=1&b=%2F#c", "/a/../b", "/x?next=https://evil.example"])(
    "may be %j",
    (path) => {
      const url = new URL(path, origin);
      expect(safeReturnTo(path, origin, "/home")).toBe(url.pathname + url.search + url.hash);
    },
  );

  test.each([
    "",
    "notes",
    "//evil.example",
    "/\\evil.example",
    "\\\\evil.example",
    "/\t/evil.example",
    "/\n/evil.example",
    "/.//evil.example",
    "/a/..//evil.example",
    "https://evil.example/",
    "javascript:alert(1)",
    `/${"a".repeat(2000)}`,
    undefined,
    null,
    ["/notes"],
  ])("is never %j", (value) => {
    expect(safeReturnTo(value, origin, "/home")).toBe("/home");
  });
});

describe("a cookie", () => {
  test("says where it is sent, and that no script reads it", () => {
    const place = { name: "a", path: "/p", isHttps: true, sameSite: "strict" } as const;
    expect(cookieLine(place, "v")).toBe("a=v; Path=/p; HttpOnly; Secure; SameSite=Strict");
    expect(cookieLine({ ...place, isHttps: false, sameSite: "lax" }, "v", 60)).toBe(
      "a=v; Max-Age=60; Path=/p; HttpOnly; SameSite=Lax",
    );
    expect(cookieLine(place, "", 0)).toMatch(/^a=; Max-Age=0; /);
  });

  test("is found by its name", () => {
    expect(cookieValue({ cookie: "b=1; a=2; ab=3" }, "a")).toBe("2");
    expect(cookieValue({ cookie: "b=1" }, "a")).toBeUndefined();
    expect(cookieValue({}, "a")).toBeUndefined();
    expect(cookieValue({ cookie: "b=1" }, "toString")).toBeUndefined();
  });
});
