import { firstNames, lastNames, positions, teams } from "./people-words.ts";
import { pick, type Random } from "./random.ts";

/** A row of `github_users`. */
export interface Person {
  user_name: string;
  position: string;
  team: string;
  age: number | null;
}

/** What happens to people. `swap`: somebody leaves and is back at once, in one transaction. */
export type Change =
  | { kind: "join" | "return" | "swap"; person: Person }
  | { kind: "move" | "promotion" | "birthday"; person: Person }
  | { kind: "leave"; user_name: string }
  | { kind: "rename"; user_name: string; to: string };

/** Who is there, and who has left. */
export interface Roster {
  here: Map<string, Person>;
  gone: Person[];
}

export const openRoster = (people: Person[]): Roster => ({
  here: new Map(people.map((person) => [person.user_name, person])),
  gone: [],
});

/** So many people the company has, more or less. */
const size = { least: 12, usual: 40 };

/** What happens next; the same numbers and the same people, the same change. */
export function nextChange(random: Random, roster: Roster): Change {
  const { here, gone } = roster;
  const few = here.size < size.usual;
  const kinds: { kind: Change["kind"]; weight: number }[] = [
    { kind: "join", weight: few ? 20 : 4 },
    { kind: "move", weight: 30 },
    { kind: "promotion", weight: 14 },
    { kind: "birthday", weight: 12 },
    { kind: "leave", weight: few ? 5 : 18 },
    { kind: "return", weight: gone.length > 0 ? 8 : 0 },
    { kind: "swap", weight: 3 },
    { kind: "rename", weight: 6 },
  ];
  return changeOf(here.size < size.least ? "join" : pick(random, kinds).kind, random, roster);
}

function changeOf(kind: Change["kind"], random: Random, { here, gone }: Roster): Change {
  if (kind === "join") return { kind, person: somebody(random, here) };
  if (kind === "return") {
    const back = gone[random(gone.length)] as Person;
    const free = !here.has(back.user_name);
    return free
      ? { kind, person: { ...back, team: pick(random, teams).value } }
      : changeOf("join", random, { here, gone });
  }
  const person = [...here.values()][random(here.size)] as Person;
  const { user_name } = person;
  if (kind === "leave") return { kind, user_name };
  if (kind === "rename") return { kind, user_name, to: freeName(random, here, user_name.split("-")[0]) };
  return { kind, person: { ...person, ...after(kind, person, random) } };
}

function after(
  kind: "move" | "promotion" | "birthday" | "swap",
  person: Person,
  random: Random,
): Partial<Person> {
  if (kind === "promotion") {
    const step = positions.indexOf(person.position) + 1;
    return { position: positions[step % positions.length] as string };
  }
  if (kind === "birthday") return { age: (person.age ?? 20 + random(45)) + 1 };
  return {
    team: pick(
      random,
      teams.filter(({ value }) => value !== person.team),
    ).value,
  };
}

function somebody(random: Random, here: Roster["here"]): Person {
  return {
    user_name: freeName(random, here),
    position: positions[random(positions.length)] as string,
    team: pick(random, teams).value,
    // Not everybody tells.
    age: random(5) === 0 ? null : 19 + random(48),
  };
}

function freeName(random: Random, here: Roster["here"], first?: string): string {
  const name = `${first ?? firstNames[random(firstNames.length)]}-${lastNames[random(lastNames.length)]}`;
  if (!here.has(name)) return name;
  for (let n = 2; ; n++) if (!here.has(`${name}-${n}`)) return `${name}-${n}`;
}

/** The roster after a change was written. */
export function apply({ here, gone }: Roster, change: Change): void {
  if (change.kind === "leave") {
    const left = here.get(change.user_name);
    here.delete(change.user_name);
    if (left) gone.push(left);
    if (gone.length > size.usual) gone.shift();
  } else if (change.kind === "rename") {
    const person = here.get(change.user_name);
    here.delete(change.user_name);
    if (person) here.set(change.to, { ...person, user_name: change.to });
  } else {
    here.set(change.person.user_name, change.person);
    const back = gone.findIndex(({ user_name }) => user_name === change.person.user_name);
    if (back >= 0) gone.splice(back, 1);
  }
}
