/** GitHub refused, or did not answer. */
export class GitHubError extends Error {
  override name = "GitHubError";
  /** The HTTP status; 0 without an answer. */
  readonly status: number;

  constructor(message: string, status: number, options?: ErrorOptions) {
    super(message, options);
    this.status = status;
  }
}

/** What was asked for is not there (any more), or may not be seen. */
export const isGone = (error: unknown): error is GitHubError =>
  error instanceof GitHubError && [404, 422].includes(error.status);

/** A repository without commits has no history to ask for. */
export const isEmptyRepository = (error: unknown): error is GitHubError =>
  error instanceof GitHubError && error.status === 409;

/** GitHub answers nothing before `until`. */
export class RateLimited extends GitHubError {
  override name = "RateLimited";
  readonly until: Date;

  constructor(where: string, status: number, until: Date, options?: ErrorOptions) {
    super(`${where}: the rate limit is used up until ${until.toISOString()}`, status, options);
    this.until = until;
  }
}

export const secondaryWords = "secondary rate limit";

/**
 * When a refused request may be repeated: after `retry-after` seconds, else at `x-ratelimit-reset` (epoch seconds) when none remain,
 * else, when it is a secondary limit, after a minute. `undefined` when it was no rate limit that refused it.
 * https://docs.github.com/en/rest/using-the-rest-api/rate-limits-for-the-rest-api#exceeding-the-rate-limit
 */
export function limitedUntil(
  status: number,
  headers: Record<string, string | undefined>,
  message: string,
  now: number,
): Date | undefined {
  if (status !== 403 && status !== 429) return undefined;
  const after = Number(headers["retry-after"]);
  if (after > 0) return new Date(now + after * 1000);
  const reset = Number(headers["x-ratelimit-reset"]);
  if (headers["x-ratelimit-remaining"] === "0" && reset > 0) return new Date(reset * 1000);
  const secondary = status === 429 || message.toLowerCase().includes(secondaryWords);
  return secondary ? new Date(now + 60_000) : undefined;
}
