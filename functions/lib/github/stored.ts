import type { ClickHouseClient } from "@clickhouse/client";
import type { ListedCommit } from "./commits.ts";

/** What `github.commits` has of a repository. */
export interface Stored {
  /** Epoch milliseconds of its newest commit up to `now`; `undefined` without any. */
  newest(repo: string, now: number): Promise<number | undefined>;
  /** Those of the ids that it has. */
  among(repo: string, ids: string[]): Promise<Set<string>>;
}

export const openStored = (client: ClickHouseClient): Stored => ({
  async newest(repo, now) {
    const [row] = await rows<{ newest: string; commits: number }>(
      client,
      `SELECT toUnixTimestamp64Milli(max(committed_at)) AS newest, toUInt32(count()) AS commits FROM github.commits
      WHERE repo = {repo: String} AND committed_at <= fromUnixTimestamp64Milli({now: Int64}, 'UTC')`,
      { repo, now },
    );
    return row?.commits ? Number(row.newest) : undefined;
  },
  async among(repo, ids) {
    const found = await rows<{ commit_id: string }>(
      client,
      "SELECT DISTINCT commit_id FROM github.commits WHERE repo = {repo: String} AND commit_id IN {ids: Array(String)}",
      { repo, ids },
    );
    return new Set(found.map(({ commit_id }) => commit_id));
  },
});

/** Those of a repository's commits that are not stored. */
export async function unstored(
  stored: Pick<Stored, "among">,
  repo: string,
  commits: ListedCommit[],
): Promise<ListedCommit[]> {
  const had = await stored.among(
    repo,
    commits.map(({ sha }) => sha),
  );
  return commits.filter(({ sha }) => !had.has(sha));
}

const rows = async <Row>(client: ClickHouseClient, query: string, query_params: Record<string, unknown>) =>
  (await client.query({ query, query_params, format: "JSONEachRow" })).json<Row>();
