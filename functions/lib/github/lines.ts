import * as z from "zod";
import { lines } from "../../../events/commit.ts";
import type { GitHub } from "./api.ts";
import type { CountedCommit, ListedCommit } from "./commits.ts";
import { GitHubError, isEmptyRepository, isGone } from "./errors.ts";

export const linesVariables = {
  /** Whether GitHub is asked for the lines of each commit, which takes one request a commit. */
  GITHUB_LINES: z.stringbool({ truthy: ["true"], falsy: ["false"], case: "sensitive" }).default(false),
};

/** Only the commit itself has them: https://docs.github.com/en/rest/commits/commits#get-a-commit */
const counted = z.object({ stats: z.object({ additions: lines, deletions: lines }) });

/** GitHub asks for few requests at a time. */
const atOnce = 4;

/**
 * The commits with their lines, in order, a few at a time: what was handed on before a rate limit need not be asked for again.
 * A commit that is gone, or whose lines GitHub does not tell, comes without.
 */
export async function* withLines(
  github: GitHub,
  repo: string,
  commits: ListedCommit[],
): AsyncGenerator<CountedCommit[], void> {
  for (let at = 0; at < commits.length; at += atOnce) {
    const some = commits.slice(at, at + atOnce);
    yield await Promise.all(
      some.map(async (one) => ({ ...one, lines: await linesOf(github, repo, one.sha) })),
    );
  }
}

async function linesOf(github: GitHub, repo: string, sha: string): Promise<CountedCommit["lines"]> {
  try {
    const reply = await github(`/repos/${repo}/commits/${sha}`);
    return reply.unchanged ? undefined : counted.safeParse(reply.data).data?.stats;
  } catch (error) {
    if (isGone(error) || isEmptyRepository(error) || isTooLarge(error)) return undefined;
    throw error;
  }
}

/** Of some commits GitHub never makes a difference; waiting for one would hold up all that follow. */
const isTooLarge = (error: unknown) =>
  error instanceof GitHubError && error.message.includes("diff is taking too long to generate");
