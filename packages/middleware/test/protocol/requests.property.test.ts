/** Forms and JSON bodies: read strictly, never with an exception of the language (TOK-06, TOK-07, TOK-10). */
import { describe, expect, test } from "@jest/globals";
import fc from "fast-check";
import { Refusal } from "../../src/protocol/errors.js";
import {
  parseForm,
  readClaimRequest,
  readIdentityRequest,
  required,
  single,
} from "../../src/protocol/requests.js";

const wellFormed = fc.string({ unit: "binary" });
const pairs = fc.array(fc.tuple(wellFormed, wellFormed), { maxLength: 20 });

describe("a form", () => {
  test("is read or refused, never thrown over, whatever it is made of", () => {
    const broken = fc.array(
      fc.oneof(fc.string({ unit: "binary" }), fc.constantFrom("%", "%f", "%zz", "%ff", "&", "=", "+")),
    );
    fc.assert(
      fc.property(broken, (parts) => {
        const form = parseForm(parts.join(""));
        if (form !== null) for (const values of form.values()) expect(values.length).toBeGreaterThan(0);
      }),
      { numRuns: 1000 },
    );
  });

  test("comes back as it was written by URLSearchParams", () => {
    fc.assert(
      fc.property(pairs, (written) => {
        const form = parseForm(new URLSearchParams(written).toString());
        const expected = new Map<string, string[]>();
        for (const [name, value] of written) expected.set(name, [...(expected.get(name) ?? []), value]);
        expect([...(form ?? [])]).toEqual([...expected]);
      }),
    );
  });

  test("comes back as it was written by encodeURIComponent", () => {
    fc.assert(
      fc.property(pairs, (written) => {
        const body = written.map((pair) => pair.map(encodeURIComponent).join("=")).join("&");
        const form = parseForm(body);
        for (const [name, value] of written) expect(form?.get(name)).toContain(value);
      }),
    );
  });

  test("gives a parameter that is there once, null for none or empty, and refuses doubles", () => {
    fc.assert(
      fc.property(pairs, wellFormed, (written, name) => {
        const form = parseForm(new URLSearchParams(written).toString()) ?? new Map();
        const values = written.filter(([key]) => key === name).map(([, value]) => value);
        if (values.length > 1) expect(() => single(form, name)).toThrow(Refusal);
        else expect(single(form, name)).toBe(values[0] === "" ? null : (values[0] ?? null));
        if (values.length !== 1 || values[0] === "") expect(() => required(form, name)).toThrow(Refusal);
      }),
    );
  });

  test.each([
    ["", []],
    ["&&&", []],
    ["a", [["a", [""]]]],
    ["=a", [["", ["a"]]]],
    ["a=b=c", [["a", ["b=c"]]]],
    ["a+b=c+d", [["a b", ["c d"]]]],
    ["a%2Bb=%26%3D", [["a+b", ["&="]]]],
    [
      "__proto__=1&constructor=2",
      [
        ["__proto__", ["1"]],
        ["constructor", ["2"]],
      ],
    ],
    ["a=1&a=2", [["a", ["1", "2"]]]],
  ])("%p is read as it stands", (body, expected) => {
    expect([...(parseForm(body) ?? [])]).toEqual(expected);
  });

  test("may have two hundred parameters and not one more", () => {
    expect(parseForm("a=1&".repeat(199).concat("a=1"))?.get("a")).toHaveLength(200);
    expect(parseForm("a=1&".repeat(200).concat("a=1"))).toBeNull();
  });
});

describe("a JSON body", () => {
  const readers = { readIdentityRequest, readClaimRequest };
  test.each(Object.entries(readers))(
    "is read by %s or refused with invalid_request, never thrown over",
    (_name, reader) => {
      const likely = fc.record(
        {
          type: fc.oneof(
            fc.constantFrom("anonymous", "service_auth", "email", "identity_assertion", "refresh"),
            fc.jsonValue(),
          ),
          claim_token: fc.jsonValue(),
          login_hint: fc.oneof(fc.string(), fc.jsonValue()),
          email: fc.jsonValue(),
          client_name: fc.oneof(fc.string({ unit: "binary" }), fc.jsonValue()),
        },
        { requiredKeys: [] },
      );
      fc.assert(
        fc.property(fc.oneof(likely, fc.jsonValue()), (body) => {
          try {
            reader(body);
          } catch (error) {
            expect(error).toBeInstanceOf(Refusal);
            expect((error as Refusal).row).toMatchObject({ error: "invalid_request", status: 400 });
            expect((error as Refusal).description).toMatch(/^[\x20\x21\x23-\x5B\x5D-\x7E]+$/);
          }
        }),
        { numRuns: 1000 },
      );
    },
  );

  test("keeps of a client_name only what cannot imitate anything", () => {
    fc.assert(
      fc.property(fc.string({ unit: "binary", maxLength: 50 }), (name) => {
        const body = readIdentityRequest({ type: "anonymous", client_name: name });
        const kept = (body as { client_name?: string | null }).client_name ?? "";
        expect(kept).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(kept).toBe(kept.trim());
        expect(kept).not.toMatch(/\s\s/);
        const again = readIdentityRequest({ type: "anonymous", client_name: kept });
        expect((again as { client_name?: string | null }).client_name ?? "").toBe(kept);
      }),
      { numRuns: 500 },
    );
  });
});
