import type { CommitInput } from "../../events/commit.ts";
import type { GitHub } from "../../functions/lib/github/api.ts";
import {
  type CommitPage,
  describeRepository,
  headOf,
  historyPath,
  type Repository,
  readPage,
  toCommit,
} from "../../functions/lib/github/commits.ts";
import { isGone } from "../../functions/lib/github/errors.ts";
import { withLines } from "../../functions/lib/github/lines.ts";
import type { Cursor, CursorFile } from "./github-cursor.ts";

export interface HistoryOptions {
  github: GitHub;
  cursor: CursorFile;
  /** `owner/name`. */
  repo: string;
  /** Default: the repository's default branch. */
  branch?: string | undefined;
  /** Leave out older commits, where there is no cursor yet. */
  since?: Date | undefined;
  /** With the lines of each commit, one request each. */
  lines?: boolean | undefined;
}

/** Commits to send, and what to do when Kafka has the first `count` of them. */
export interface HistoryPart {
  commits: CommitInput[];
  sent(count: number): void;
}

/**
 * All commits of a branch that were not sent before, page by page. A page is of one head, so what is pushed meanwhile moves nothing;
 * it comes in another walk, compared with the one before. The cursor follows what was sent.
 */
export async function* unsentHistory(options: HistoryOptions): AsyncGenerator<HistoryPart, void> {
  const { cursor } = options;
  const repository = await locate(options);
  for (;;) {
    const state: Cursor = cursor.read() ?? repository;
    const walk = state.walk ?? (await begin(options, repository, state.done));
    if (walk === undefined) return;
    yield* follow(options, { ...state, walk });
  }
}

/** The repository under its present name, asked conditionally. */
async function locate({ github, cursor, repo, branch }: HistoryOptions): Promise<Repository> {
  const known = cursor.read();
  const described = await describeRepository(github, repo, known?.etag);
  if (described === "unchanged") return known as Repository;
  const repository = { ...described, branch: branch ?? described.branch };
  const isSame = known?.repo === repository.repo && known.branch === repository.branch;
  cursor.write({ ...(isSame ? known : {}), ...repository });
  return repository;
}

/** From the present head back to what was sent; none when all of it was. */
async function begin({ github, since }: HistoryOptions, repository: Repository, done: string | undefined) {
  const head = await headOf(github, repository, done);
  if (head === undefined || head === done) return undefined;
  return { head, path: historyPath(repository.repo, head, done, since), sent: 0 };
}

type Walk = NonNullable<Cursor["walk"]>;

async function* follow(
  { github, cursor, lines }: HistoryOptions,
  state: Cursor & { walk: Walk },
): AsyncGenerator<HistoryPart, void> {
  const { walk, ...rest } = state;
  for (let at: Walk | undefined = walk; at; ) {
    const { head, path, sent }: Walk = at;
    const page: CommitPage = await readPage(github, path).catch(orAll(github, state.repo, head, path));
    const end = page.commits.length;
    const next: Walk | undefined = page.next === undefined ? undefined : { head, path: page.next, sent: 0 };
    const finish = () => cursor.write(next ? { ...rest, walk: next } : { ...rest, done: head });
    const unsent = page.commits.slice(sent);
    if (unsent.length === 0) finish();
    let before = sent;
    for await (const part of lines ? withLines(github, state.repo, unsent) : [unsent]) {
      const start = before;
      const save = (count: number) =>
        start + count < end ? cursor.write({ ...rest, walk: { head, path, sent: start + count } }) : finish();
      yield { commits: part.map((one) => toCommit(state, one)), sent: save };
      before += part.length;
    }
    at = next;
  }
}

/** A forced push may have taken away what was sent last: then everything is read again, and counts once. */
const orAll = (github: GitHub, repo: string, head: string, path: string) => (error: unknown) => {
  if (isGone(error) && path.includes("/compare/")) return readPage(github, historyPath(repo, head));
  throw error;
};
