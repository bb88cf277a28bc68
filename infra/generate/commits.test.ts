import { describe, expect, it } from "vitest";
import { commit } from "../../events/commit.ts";
import { commits } from "./commits.ts";
import { asAuthor } from "./people-authors.ts";

const until = Date.UTC(2026, 5, 1);
const take = (seed: number, count: number, repo?: string) =>
  commits(seed, { until, ...(repo !== undefined && { repo }) })
    .take(count)
    .toArray();

describe("invented commits", () => {
  it("are the same for the same seed, ids included, and others for another", () => {
    expect(take(7, 500)).toEqual(take(7, 500));
    expect(take(8, 1)).not.toEqual(take(7, 1));
  });

  it("have the same ids, authors and messages whenever they are made", () => {
    const timeless = (list: ReturnType<typeof take>) =>
      list.map(({ commit_id, author, commit_message }) => ({ commit_id, author, commit_message }));
    const later = commits(7, { until: until + 5 * 86_400_000 });
    expect(timeless(later.take(500).toArray())).toEqual(timeless(take(7, 500)));
  });

  it("all keep the contract, with ids of their own, in the 90 days before `until`", () => {
    const list = take(2, 5000);
    expect(list.every((one) => commit.decode(commit.encode(one)).ok)).toBe(true);
    expect(new Set(list.map(({ commit_id }) => commit_id)).size).toBe(list.length);
    const moments = list.map(({ committed_at }) => Date.parse(committed_at));
    expect(Math.max(...moments)).toBeLessThan(until);
    expect(Math.min(...moments)).toBeGreaterThanOrEqual(until - 90 * 86_400_000 - 1000);
    expect(list.every(({ authored_at, committed_at }) => authored_at <= committed_at)).toBe(true);
  });

  it("are of working hours more than of nights and weekends", () => {
    const ada = take(3, 5000).filter(({ author }) => author === "ada");
    const local = ada.map(({ committed_at }) => new Date(Date.parse(committed_at) + 3_600_000));
    const between = (from: number, to: number) =>
      local.filter((at) => at.getUTCHours() >= from && at.getUTCHours() < to).length;
    expect(between(9, 18)).toBeGreaterThan(10 * between(0, 6));
    expect(local.filter((at) => at.getUTCDay() % 6 === 0).length).toBeLessThan(ada.length / 8);
  });

  it("are by whoever is there at the time, the ids as ever", () => {
    const authors = [asAuthor("ann-tea")];
    const source = commits(7, { until, authors: () => authors });
    const before = source.take(20).toArray();
    expect(new Set(before.map(({ author }) => author))).toEqual(new Set(["ann-tea"]));
    expect(before.map(({ commit_id }) => commit_id)).toEqual(take(7, 20).map(({ commit_id }) => commit_id));
    const later = commits(7, { until, authors: () => authors });
    later.next();
    authors[0] = asAuthor("bob");
    expect(later.next().value.author).toBe("bob");
  });

  it("are of one repository when one is asked for", () => {
    expect(new Set(take(4, 50, "ann/tea").map(({ repo }) => repo))).toEqual(new Set(["ann/tea"]));
    expect(new Set(take(4, 50).map(({ repo }) => repo)).size).toBeGreaterThan(1);
  });
});
