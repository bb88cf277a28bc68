import { describe, expect, it } from "vitest";
import { collectParam, parseCount, parseHost, parseRate } from "./arguments.ts";

describe("arguments", () => {
  it("take 0 and max as the rate without a bound", () => {
    expect([parseRate("0.5"), parseRate("5e3")]).toEqual([0.5, 5000]);
    expect([parseRate("0"), parseRate("max")]).toEqual([Number.POSITIVE_INFINITY, Number.POSITIVE_INFINITY]);
    for (const text of ["", " ", "-1", "NaN", "Infinity", "1/s"]) expect(() => parseRate(text)).toThrow();
  });

  it("take whole numbers in decimal and nothing else", () => {
    expect(parseCount("1000")).toBe(1000);
    for (const text of ["", "0", "1e3", "0x10", "-1", " 1", "9".repeat(20)])
      expect(() => parseCount(text)).toThrow();
  });

  it("take a host without a port", () => {
    for (const host of ["127.0.0.1", "rabbit.example.org", "::1", "fe80::1"])
      expect(parseHost(host)).toBe(host);
    for (const host of ["", "bad host", "rabbit:5672", "a/b", "u@h", "h?x", "h#x"])
      expect(() => parseHost(host)).toThrow();
  });

  it("collect parameters, whose values may hold anything", () => {
    expect(collectParam("b=x=1 y", collectParam("a="))).toEqual({ a: "", b: "x=1 y" });
  });
});
