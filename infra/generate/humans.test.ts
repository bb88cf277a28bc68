import { describe, expect, it } from "vitest";
import { rating } from "../../events/rating.ts";
import { classifyAll, humans, renderHumans } from "./humans.ts";

const take = (seed: number, count: number) => humans(seed).take(count).toArray();

describe("humans", () => {
  it("are the same for the same seed, ids included, and others for another", () => {
    expect(take(7, 1000)).toEqual(take(7, 1000));
    expect(take(8, 1)).not.toEqual(take(7, 1));
  });

  it("stay the same from version to version, so that a seed means something", () => {
    expect(take(1, 2)).toEqual([
      { rating: 63, unique_id: "0087fbf7-479c-486d-be74-7d23673f277d" },
      { rating: 7, unique_id: "65c44930-0a6d-47cc-8b34-a88bc231b874" },
    ]);
  });

  it("all fit the contract, have ids of their own, and reach both ends of the scale", () => {
    const list = take(2, 20_000);
    expect(list.every((human) => rating.schema.safeParse(human).success)).toBe(true);
    expect(new Set(list.map(({ unique_id }) => unique_id)).size).toBe(list.length);
    const ratings = list.map((human) => human.rating);
    expect([Math.min(...ratings), Math.max(...ratings), new Set(ratings).size]).toEqual([1, 100, 100]);
  });
});

describe("classifyAll", () => {
  it("gives every human up to the last one type, 15 before 3 and 5", () => {
    const list = classifyAll(1337);
    expect(list.length).toBe(1337);
    expect(list[0]).toEqual({ human: 1, type: 0, name: "Incompatible" });
    expect([3, 5, 15, 1335].map((human) => list[human - 1]?.name)).toEqual([
      "Sha",
      "Dow",
      "ShaDow",
      "ShaDow",
    ]);
    expect(list.filter(({ type }) => type === 15).length).toBe(Math.floor(1337 / 15));
  });

  it("prints one aligned line per human", () => {
    expect(renderHumans(classifyAll(15)).split("\n").slice(13)).toEqual([
      "14   0 Incompatible",
      "15  15 ShaDow",
      "",
    ]);
  });
});
