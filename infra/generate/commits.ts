import type { CommitInput } from "../../events/commit.ts";
import {
  type Author,
  bodies,
  branches,
  hours,
  inventedAuthors,
  repos,
  things,
  verbs,
} from "./commit-words.ts";
import { createRandom, pick, type Random } from "./random.ts";

export interface CommitsOptions {
  /** All commits are of this repository; otherwise of several invented ones. */
  repo?: string;
  /** Epoch milliseconds: the commits are of the 90 days before it. Default: now. */
  until?: number;
  /** Who commits at the time, never nobody. Default: a few invented ones. */
  authors?: () => Author[];
}

/** Nothing is left out. */
export type InventedCommit = { [Field in keyof CommitInput]-?: NonNullable<CommitInput[Field]> };

const hour = 3_600_000;
const days = 90;

/** Endless invented commits. The same seed gives the same ids, authors and messages, and at the same `until` the same moments. */
export function* commits(
  seed: number,
  { repo, until = Date.now(), authors = () => inventedAuthors }: CommitsOptions = {},
): Generator<InventedCommit, never> {
  const random = createRandom(seed);
  const moments = createRandom(~seed); // How many numbers a moment takes depends on `until`; nothing else may.
  for (;;) {
    const author = pick(random, authors());
    const committed = momentOf(moments, author.zone, until);
    const authored = committed - (moments(4) === 0 ? moments(48 * hour) : 0);
    const committed_at = new Date(committed).toISOString();
    yield {
      commit_id: Array.from({ length: 40 }, () => random(16).toString(16)).join(""),
      repo: repo ?? pick(random, repos).value,
      branch: pick(random, branches).value,
      author: author.login,
      commit_message: messageOf(random),
      commit_date: committed_at.slice(0, 10),
      authored_at: new Date(authored).toISOString(),
      committed_at,
      additions: size(random),
      deletions: size(random),
    };
  }
}

/** A moment of somebody's working hours, more likely the busier the hour. */
function momentOf(random: Random, zone: number, until: number): number {
  for (;;) {
    const at = until - 1 - random(days * 24 * 3600) * 1000 - random(1000);
    const local = new Date(at + zone * hour);
    const weekend = local.getUTCDay() % 6 === 0;
    const busy = hours[local.getUTCHours()] as number;
    if (random(busiest * 6) < (weekend ? busy : busy * 6)) return at;
  }
}

const busiest = Math.max(...hours);

function messageOf(random: Random): string {
  const title = `${verbs[random(verbs.length)]} ${things[random(things.length)]}`;
  return random(8) === 0 ? `${title}\n\n${bodies[random(bodies.length)]}` : title;
}

/** Most commits are small, a few are not: as many lines as up to seven doublings make. */
const size = (random: Random): number => random(2 ** random(8) + 1);
