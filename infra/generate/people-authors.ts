import { type Author, inventedAuthors } from "./commit-words.ts";
import { openPeopleTable } from "./people-table.ts";
import { createRandom } from "./random.ts";

/** Seconds until somebody who joined begins to commit. */
const refresh = 5;

export interface PeopleAuthors {
  /** The people there are, or were when they could be asked last; invented ones while there is nobody. */
  authors(): Author[];
  /** How many people there are. */
  people(): number;
  close(): Promise<void>;
}

/** The people in Postgres as authors of invented commits, kept up to date; `undefined` without Postgres or the table. */
export async function openPeopleAuthors(url: string): Promise<PeopleAuthors | undefined> {
  const table = await openPeopleTable(url).catch(() => undefined);
  if (!table) return undefined;
  const read = async () => (await table.people()).map(({ user_name }) => asAuthor(user_name));
  let current = await read().catch((): Author[] => []);
  const timer = setInterval(async () => {
    current = await read().catch(() => current);
  }, refresh * 1000).unref();
  return {
    authors: () => (current.length > 0 ? current : inventedAuthors),
    people: () => current.length,
    async close() {
      clearInterval(timer);
      await table.close().catch(() => {});
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
