import type { Author } from "./commit-words.ts";
import { openPeopleTable } from "./people-table.ts";
import { createRandom } from "./random.ts";

/** Seconds until somebody who joined begins to commit. */
const refresh = 5;

export interface PeopleAuthors {
  /** The people there are, or were when they could be asked last; never empty. */
  authors(): Author[];
  close(): Promise<void>;
}

/** The people in Postgres as authors of invented commits, kept up to date; `undefined` when there is no Postgres, no table, or nobody in it. */
export async function openPeopleAuthors(url: string): Promise<PeopleAuthors | undefined> {
  const table = await openPeopleTable(url).catch(() => undefined);
  const read = async () => ((await table?.people()) ?? []).map(({ user_name }) => asAuthor(user_name));
  let current = await read().catch(() => []);
  if (current.length === 0) {
    await table?.close();
    return undefined;
  }
  const timer = setInterval(async () => {
    const people = await read().catch(() => []);
    if (people.length > 0) current = people;
  }, refresh * 1000).unref();
  return {
    authors: () => current,
    async close() {
      clearInterval(timer);
      await table?.close().catch(() => {});
    },
  };
}

/** Everybody has habits of their own, the same each time: how often they commit, and where on earth. */
export function asAuthor(login: string): Author {
  const random = createRandom(
    [...login].reduce((sum, char) => Math.imul(sum, 31) + (char.codePointAt(0) ?? 0), 7),
  );
  return { login, weight: 1 + random(4) * random(5), zone: random(18) - 8 };
}
