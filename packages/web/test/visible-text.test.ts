/** Strangers' text is made harmless before a person looks at it. */
import { describe, expect, it } from "@jest/globals";
import { visibleText } from "../src/visible-text.js";

describe("visibleText", () => {
  it.each([
    ["one\r\n\ttwo\u2028three", "one two three"],
    ["\u202Egnp.exe\u2066x", "gnp.exex"],
    ["a\u200B\u00ADb\u{E0041}", "ab"],
    ["Z\u0300\u0301\u0302\u0303\u0304", "Z\u0300\u0301\u0302"],
    ["👩‍💻 שלום नमस्ते", "👩‍💻 שלום नमस्ते"],
    ["\uD800x", "\uFFFDx"],
  ])("shows %j as %j", (text, shown) => {
    expect(visibleText(text, 120)).toBe(shown);
  });

  it("cuts between characters, never inside one", () => {
    expect(visibleText("😀".repeat(30), 10)).toBe(`${"😀".repeat(9)}…`);
  });

  it.each([null, "", " ", "\u200B\u2060", "\u0301", "\u2800"])(
    "is null when there is nothing to see: %j",
    (text) => {
      expect(visibleText(text, 120)).toBeNull();
    },
  );
});
