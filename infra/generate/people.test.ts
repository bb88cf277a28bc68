import { expect, test } from "vitest";
import { apply, type Change, nextChange, openRoster, type Person } from "./people.ts";
import { createRandom } from "./random.ts";

function live(seed: number, count: number, people: Person[] = []) {
  const [random, roster] = [createRandom(seed), openRoster(people)];
  const changes: Change[] = [];
  const before = new Map(roster.here);
  const problems: string[] = [];
  for (let i = 0; i < count; i++) {
    const change = nextChange(random, roster);
    const is = (name: string) => roster.here.has(name);
    if (change.kind === "join" || change.kind === "return") {
      if (is(change.person.user_name)) problems.push(`${change.kind} of somebody who is there`);
    } else if (change.kind === "rename") {
      if (!is(change.user_name) || is(change.to)) problems.push("a name that cannot be changed so");
    } else if (!is(change.kind === "leave" ? change.user_name : change.person.user_name))
      problems.push(`${change.kind} of nobody`);
    changes.push(change);
    apply(roster, change);
  }
  return { changes, roster, before, problems };
}

test("the same seed and the same people make the same changes", () => {
  expect(live(1, 300).changes).toEqual(live(1, 300).changes);
  expect(live(2, 5).changes).not.toEqual(live(1, 5).changes);
});

test("every kind of change comes, each possible, and the company keeps its size", () => {
  const { changes, roster, problems } = live(3, 5000);
  expect(problems).toEqual([]);
  const kinds = new Set(changes.map(({ kind }) => kind));
  expect([...kinds].sort()).toEqual([
    "birthday",
    "join",
    "leave",
    "move",
    "promotion",
    "rename",
    "return",
    "swap",
  ]);
  expect(roster.here.size).toBeGreaterThanOrEqual(12);
  expect(roster.here.size).toBeLessThan(120);
});

test("ten changes to nobody are ten people who join, some without an age", () => {
  expect(live(4, 10).changes.every(({ kind }) => kind === "join")).toBe(true);
  const ages = [...live(4, 300).roster.here.values()].map(({ age }) => age);
  expect(ages).toContain(null);
  expect(ages.some((age) => age !== null && age >= 19)).toBe(true);
});

test("a move leads to another team", () => {
  const roster = openRoster([]);
  const random = createRandom(5);
  for (let i = 0; i < 2000; i++) {
    const change = nextChange(random, roster);
    if (change.kind === "move")
      expect(change.person.team).not.toBe(roster.here.get(change.person.user_name)?.team);
    apply(roster, change);
  }
});
