import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { neutralise, neutraliseLines } from "./neutralise.ts";

describe("neutralise", () => {
  it("leaves text, scripts and emoji as they are", () => {
    for (const text of ["Hello 👋", "👨‍👩‍👧‍👦 👍🏽 🇯🇵", "日本語 العربية हिन्दी", ""])
      expect(neutralise(text)).toBe(text);
  });

  it("shows control characters as pictures and deceptive ones by number", () => {
    expect(neutralise("\x1b[31m\r\n\t\x00\x7f")).toBe("␛[31m␍␊␉␀␡");
    expect(neutralise("\x9b31m \u202e \u2028")).toBe("<U+009B>31m <U+202E> <U+2028>");
  });

  it("leaves no control or bidirectional character and no broken surrogate in any text", () => {
    const dangerous = /[\p{Cc}\p{Bidi_Control}\u2028\u2029]/u;
    const isSafe = (text: string) => !dangerous.test(text) && text.isWellFormed();
    fc.assert(fc.property(fc.string({ unit: "binary" }), (text) => isSafe(neutralise(`${text}\ud800`))));
  });
});

it("neutraliseLines keeps lines and tabs", () => {
  expect(neutraliseLines("a\tb\r\nc\n\x1b[0m\r")).toBe("a\tb\nc\n␛[0m␍");
});
