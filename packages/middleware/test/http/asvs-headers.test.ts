/** OWASP ASVS 5.0 on every page in every state, rule by rule (WEB-01 to WEB-19): headers, addresses, errors. */
import { beforeAll, describe, expect, test } from "@jest/globals";
import { formsOf, setCookies } from "../support/page-browser.js";
import type { Response } from "../support/world.js";
import { tagsOf } from "../views/markup.js";
import { visits } from "./asvs-pages.js";

const origin = "https://notes.example";

/** The directives of a policy by name. */
function directivesOf({ headers }: Response): Map<string, string> {
  const policy = headers["content-security-policy"] ?? "";
  return new Map(
    policy.split(";").map((directive) => {
      const [name = "", ...values] = directive.trim().split(/\s+/);
      return [name, values.join(" ")];
    }),
  );
}

/** Every address a page names. */
function addressesOf({ text }: Response): string[] {
  return tagsOf(text).flatMap(({ attributes }) =>
    ["href", "src", "action", "formaction", "srcset", "data", "poster", "ping"].flatMap(
      (name) => attributes.get(name) ?? [],
    ),
  );
}

/** What may stand in a query of ours: the documented secret of a link, or words that open nothing. */
const queryNames = ["claim_attempt_token", "not_me", "manage", "return_to", "revoked", "sent", "resent"];

describe.each(visits)("$name", ({ go, status, sets }) => {
  let response: Response;
  beforeAll(async () => {
    response = await go();
  });

  test("answers as it should, so that the rules below are about this page", () => {
    expect(response.status).toBe(status);
  });

  test("WEB-01 a policy that forbids everything but our own styles, without unsafe-inline", () => {
    const directives = directivesOf(response);
    expect(directives.get("default-src")).toBe("'none'");
    expect(directives.get("base-uri")).toBe("'none'");
    expect(directives.get("style-src")).toBe("'self'");
    for (const name of ["script-src", "object-src", "connect-src", "frame-src"])
      expect(directives.get(name) ?? "'none'").toBe("'none'");
    expect([...directives.values()].join(" ")).not.toMatch(/unsafe|\*|https?:|data:/);
    expect(response.text).not.toMatch(/<script|<style|\sstyle=|\son\w+=|javascript:/i);
  });

  test("WEB-02 nobody may frame it", () => {
    expect(directivesOf(response).get("frame-ancestors")).toBe("'none'");
    expect(response.headers["x-frame-options"]).toBe("DENY");
  });

  test("WEB-03 forms go to our origin, and so does what a form is answered with", () => {
    expect(directivesOf(response).get("form-action")).toBe("'self'");
    for (const { target } of formsOf(response.text)) expect(target).toMatch(/^\/agent\/(claim|connected)$/);
    if (response.status === 303)
      expect(response.headers.location).toMatch(/^\/agent\/(claim|connected)(\?|$)/);
  });

  test("WEB-06 sets no cookie but its own: Secure, HttpOnly, SameSite, one path, no Domain, ten to twenty minutes", () => {
    const cookies = setCookies(response);
    expect(cookies).toHaveLength(sets === undefined ? 0 : 1);
    for (const cookie of cookies) {
      expect(cookie).toMatch(sets as RegExp);
      for (const attribute of [
        /; Secure/,
        /; HttpOnly/,
        /; SameSite=Lax/,
        /; Path=\/agent\/(claim|connected)(;|$)/,
      ])
        expect(cookie).toMatch(attribute);
      expect(cookie).not.toMatch(/; Domain/i);
      expect(Number(/; Max-Age=(\d+)/.exec(cookie)?.[1])).toBeLessThanOrEqual(1200);
    }
  });

  test("WEB-09 no other origin learns the address from a Referer", () => {
    expect(["same-origin", "no-referrer"]).toContain(response.headers["referrer-policy"]);
  });

  test("WEB-10 is stored nowhere", () => {
    expect([response.headers["cache-control"], response.headers.pragma]).toEqual(["no-store", "no-cache"]);
    for (const name of ["etag", "last-modified", "expires"])
      expect(response.headers).not.toHaveProperty(name);
  });

  test("WEB-11 no address of ours holds a secret but the documented ones of links, and nothing fetches ahead", () => {
    for (const address of [...addressesOf(response), response.headers.location ?? "/"])
      for (const name of new URL(address, origin).searchParams.keys()) expect(queryNames).toContain(name);
    const rels = tagsOf(response.text).flatMap(({ attributes }) => attributes.get("rel") ?? []);
    expect(rels.filter((rel) => rel !== "stylesheet")).toEqual([]);
    expect(response.headers).not.toHaveProperty("link");
    expect(response.headers).not.toHaveProperty("refresh");
  });

  test("WEB-14 https for a year", () => {
    const age = /max-age=(\d+)/.exec(response.headers["strict-transport-security"] ?? "")?.[1];
    expect(Number(age)).toBeGreaterThanOrEqual(31_536_000);
  });

  test("WEB-15 a window of its own, and no powers of the browser", () => {
    expect(response.headers["cross-origin-opener-policy"]).toBe("same-origin");
    for (const power of ["camera", "geolocation", "microphone"])
      expect(response.headers["permissions-policy"]).toContain(`${power}=()`);
  });

  test("WEB-18 is HTML in UTF-8 with a status of its own, and tells nothing of the inside", () => {
    const isRedirect = response.status === 302 || response.status === 303;
    expect(response.headers["content-type"]).toBe(isRedirect ? undefined : "text/html; charset=utf-8");
    expect(response.headers["x-content-type-options"]).toBe("nosniff");
    if (isRedirect) expect(response.text).toBe("");
    expect(response.text).not.toMatch(
      /secret detail|Error:|\bat [\w./<>]+ ?\(|node_modules|\.[jt]s:\d+|sqlite|select .* from/i,
    );
  });

  test("WEB-19 loads nothing from another origin, and names none", () => {
    for (const address of addressesOf(response)) expect(address).toMatch(/^(#|\/(?!\/))/);
    expect(response.text).not.toMatch(/https?:\/\//);
  });

  test("ASVS 3.4.2 no script of another origin may read it", () => {
    const granted = Object.keys(response.headers).filter((name) => name.startsWith("access-control-"));
    expect(granted).toEqual([]);
  });

  test("ASVS 14.3 browsers keep no code and no secret: forms with one switch completion off", () => {
    for (const form of tagsOf(response.text).filter(({ name }) => name === "input")) {
      const [type, completion] = ["type", "autocomplete"].map((name) => form.attributes.get(name));
      expect(type).not.toBe("password");
      if (form.attributes.get("name") === "user_code") expect(completion).toBe("one-time-code");
    }
    if (/name="user_code"/.test(response.text))
      expect(response.text).toMatch(/<form[^>]* autocomplete="off"/);
  });
});
