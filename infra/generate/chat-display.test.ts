import { stripVTControlCharacters } from "node:util";
import stringWidth from "string-width";
import { describe, expect, it } from "vitest";
import { colourOf, colours, renderPlain, renderRich } from "./chat-display.ts";

const at = new Date(2026, 0, 2, 3, 4, 5);
const screen = { columns: 40, colour: false };
const hostile = "\x1b[2J\x1b]0;title\x07\r\nbob: forged \u202e";

describe("plain mode", () => {
  it("prints `username: message`", () => {
    expect(renderPlain({ username: "ann", message: "Hello 👋" })).toBe("ann: Hello 👋\n");
  });

  it("keeps a message with line feeds and escape sequences one harmless line", () => {
    const line = renderPlain({ username: `e${hostile}`, message: hostile });
    expect(line.trimEnd()).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(line.endsWith("\n")).toBe(true);
  });
});

describe("rich mode", () => {
  it("prints time, name and text", () => {
    expect(renderRich({ username: "ann", message: "Hello" }, at, screen)).toBe("03:04:05 ann  Hello\n");
  });

  it("wraps to the screen beside the time, counting wide characters as two", () => {
    const message = "日本語テキスト👩‍👩‍👧‍👦".repeat(10);
    const lines = renderRich({ username: "ann", message }, at, screen).trimEnd().split("\n");
    expect(lines.length).toBeGreaterThan(4);
    for (const line of lines.slice(1)) expect(line).toMatch(/^ {9}\S/);
    for (const line of lines) expect(stringWidth(line)).toBeLessThanOrEqual(40);
  });

  it("colours the name and nothing else that a stranger wrote", () => {
    const line = renderRich({ username: "ann", message: hostile }, at, { columns: 80, colour: true });
    expect(line).toContain(`\x1b[1;38;5;${colourOf("ann")}mann\x1b[0m`);
    expect(stripVTControlCharacters(line).replaceAll("\n", "")).not.toMatch(/[\p{Cc}\u202e]/u);
    expect(stripVTControlCharacters(line)).toContain("␛[2J");
  });

  it("keeps the lines of a message, and cuts a megabyte down", () => {
    expect(renderRich({ username: "a", message: "one\ntwo" }, at, screen)).toBe(
      "03:04:05 a  one\n         two\n",
    );
    const cut = renderRich({ username: "a", message: "👋".repeat(500_000) }, at, screen);
    expect(cut.length).toBeLessThan(10_000);
    expect(cut).toContain("more)");
    expect(cut.isWellFormed()).toBe(true);
  });
});

describe("colours", () => {
  it("stay with a user", () => {
    expect(colourOf("ann")).toBe(colourOf("ann"));
    const used = new Set(Array.from({ length: 500 }, (_, i) => colourOf(`user${i}`)));
    expect(used.size).toBe(colours.length);
  });

  it("can be read on black and on white", () => {
    for (const colour of colours) {
      const light = luminance(colour);
      expect(Math.min((light + 0.05) / 0.05, 1.05 / (light + 0.05))).toBeGreaterThan(3.6);
    }
  });
});

/** WCAG relative luminance of a colour of xterm's 6×6×6 cube. */
function luminance(colour: number): number {
  const level = (index: number) => (index === 0 ? 0 : 55 + 40 * index) / 255;
  const cube = colour - 16;
  const [r, g, b] = [Math.floor(cube / 36), Math.floor(cube / 6) % 6, cube % 6].map((index) => {
    const value = level(index);
    return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  }) as [number, number, number];
  return 0.2126 * r + 0.7152 * g + 0.0722 * b;
}
