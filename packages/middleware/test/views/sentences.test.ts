/** Owns the promises of the words: times for everybody, values kept apart, no dead text. */
import { readdirSync, readFileSync } from "node:fs";
import { describe, expect, it } from "@jest/globals";
import { asText, moment, sentence } from "../../src/views/sentence.js";
import { texts } from "../../src/views/texts-en.js";

describe("moment", () => {
  it.each([
    ["2026-11-21T14:03:12Z", "21 Nov 2026, 14:03 UTC"],
    ["2026-01-01T00:30:00+02:00", "31 Dec 2025, 22:30 UTC"],
    ["2026-07-04T09:05:59.999Z", "4 Jul 2026, 09:05 UTC"],
  ])("reads %s as %s", (iso, text) => {
    expect(moment(iso).text).toBe(text);
  });

  it("refuses what is not a time", () => {
    expect(() => moment("soon")).toThrow(TypeError);
  });
});

describe("sentence", () => {
  it("keeps values apart from words", () => {
    expect(sentence`Hello ${"<b>"}!`).toEqual([
      { kind: "words", text: "Hello " },
      { kind: "value", text: "<b>" },
      { kind: "words", text: "!" },
    ]);
  });

  it("reads as one string where there is no markup", () => {
    expect(asText(sentence`Until ${moment("2026-11-21T14:03:12Z")}.`)).toBe("Until 21 Nov 2026, 14:03 UTC.");
  });
});

describe("texts", () => {
  const folder = new URL("../../src/views/", import.meta.url);
  const users = readdirSync(folder)
    .filter((name) => /\.(ejs|ts)$/.test(name) && !/^texts/.test(name))
    .map((name) => readFileSync(new URL(name, folder), "utf8"))
    .join("\n");
  const chosenByKind = new Set(["vouchingByKind", "byReason", "byPurpose", "notices"]);

  function paths(group: object, prefix: string): string[] {
    return Object.entries(group).flatMap(([key, value]) => {
      const isGroup = typeof value === "object" && value !== null && !Array.isArray(value);
      return isGroup && !chosenByKind.has(key)
        ? paths(value as object, `${prefix}.${key}`)
        : [`${prefix}.${key}`];
    });
  }

  it.each(paths(texts, "texts"))("%s is used", (path) => {
    expect(users).toMatch(new RegExp(`\\b${path}\\b`));
  });
});
