import { describe, expect, it } from "vitest";
import { renderTable } from "./table.ts";

describe("renderTable", () => {
  it("aligns text to the left and numbers to the right, wide characters counted as two", () => {
    const table = renderTable(
      ["name", "count"],
      [
        ["日本", 5],
        ["a", 1234567],
      ],
    );
    expect(table).toBe("name    count\n────  ───────\n日本        5\na     1234567\n");
  });

  it("prints the names alone when there is no row", () => {
    expect(renderTable(["a", "b"], [])).toBe("a  b\n─  ─\n");
  });

  it("makes cells safe to print, cuts long ones and leaves null empty", () => {
    const table = renderTable(
      ["x", "y"],
      [
        ["\x1b[31m\n", null],
        ["z".repeat(500), { a: 1 }],
      ],
    );
    const lines = table.trimEnd().split("\n");
    expect(lines.length).toBe(4);
    expect(lines[2]).toBe("␛[31m␊");
    expect(lines[3]).toMatch(/^z{119}… {2}\{"a":1\}$/);
  });
});
