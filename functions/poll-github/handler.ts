import * as z from "zod";
import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { readEnv } from "../lib/env.ts";
import { githubVariables, openGitHub } from "../lib/github/api.ts";
import { RateLimited } from "../lib/github/errors.ts";
import { linesVariables } from "../lib/github/lines.ts";
import { openStored } from "../lib/github/stored.ts";
import { kafkaVariables, openProducer, type Produce } from "../lib/kafka.ts";
import { log } from "../lib/log.ts";
import { type Effects, type Memory, pollRepository } from "./poll.ts";

export interface Polled {
  /** Repositories looked at. */
  polled: number;
  /** Commits sent that `github.commits` did not have. */
  sent: number;
  /** GitHub answers nothing before; the rest waits for the next schedule. */
  limited_until: string | null;
}

/**
 * By schedule: the commits that no webhook brought → the topic `commits_topic`. It keeps nothing: where it starts is asked of ClickHouse.
 * One repository that fails does not stop the others. @throws AggregateError at the end, so that it is tried again
 */
export const createHandler = (effects: Effects, repos: readonly string[]) => {
  const memory: Memory = new Map();
  let limitedUntil = 0;
  return async (): Promise<Polled> => {
    const start = effects.now();
    const failures: unknown[] = [];
    let [polled, sent] = [0, 0];
    const produce: Produce = async (topic, messages) => {
      await effects.produce(topic, messages);
      sent += messages.length;
    };
    for (const repo of repos) {
      if (limitedUntil > start) break;
      try {
        await pollRepository({ ...effects, produce }, repo, memory);
        polled++;
      } catch (error) {
        if (error instanceof RateLimited) limitedUntil = error.until.getTime();
        else failures.push(error);
        log("warn", `poll-github: ${repo}: ${(error as Error).message}`);
      }
    }
    const limited_until = limitedUntil > start ? new Date(limitedUntil).toISOString() : null;
    const summary = { polled, sent, limited_until };
    log("info", "poll-github", { ...summary, ms: effects.now() - start });
    if (failures.length > 0) throw new AggregateError(failures, failures.map(String).join("; "));
    return summary;
  };
};

const repository = z
  .string()
  .regex(/^[\w.-]{1,39}\/[\w.-]{1,100}$/, "must be OWNER/NAME, several with commas");

const env = readEnv({
  ...kafkaVariables,
  ...clickhouseVariables,
  ...githubVariables,
  ...linesVariables,
  GITHUB_REPOS: z
    .string()
    .default("")
    .transform((list) =>
      list
        .split(",")
        .map((one) => one.trim())
        .filter(Boolean),
    )
    .pipe(z.array(repository)),
  GITHUB_POLL_OVERLAP_HOURS: z.coerce.number().positive().default(168),
});

export const handler = createHandler(
  {
    github: openGitHub(env),
    stored: openStored(openClickHouse(env)),
    produce: openProducer(env),
    now: Date.now,
    overlap: env.GITHUB_POLL_OVERLAP_HOURS * 3_600_000,
    lines: env.GITHUB_LINES,
  },
  env.GITHUB_REPOS,
);
