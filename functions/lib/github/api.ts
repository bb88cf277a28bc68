import { Octokit } from "@octokit/core";
import { retry } from "@octokit/plugin-retry";
import { throttling } from "@octokit/plugin-throttling";
import * as z from "zod";
import { GitHubError, limitedUntil, RateLimited } from "./errors.ts";
import { openFetch } from "./fetch.ts";

export const githubVariables = {
  /** GitHub Enterprise Server: `https://<host>/api/v3`. */
  GITHUB_API_URL: z.url().default("https://api.github.com"),
  /** Without one GitHub answers 60 requests an hour, about public repositories. */
  GITHUB_TOKEN: z.string().optional(),
};

/** An answer, or that what the caller has is still so (304; with a token such a question is free). */
export type Reply = { unchanged: true } | { unchanged: false; data: unknown; etag?: string; next?: string };

export interface Question {
  /** What `path` holds in braces, and the query string. */
  params?: Record<string, string | number | undefined>;
  /** Of the answer the caller has. */
  etag?: string | undefined;
  accept?: string;
}

/** @throws GitHubError; RateLimited when a limit lasts longer than the patience. */
export type GitHub = (path: string, question?: Question) => Promise<Reply>;

export interface GitHubOptions {
  GITHUB_API_URL: string;
  GITHUB_TOKEN?: string | undefined;
  /** Seconds to wait for the end of a rate limit before giving up. Default 0. */
  patience?: number;
  /** Told before such a wait. */
  onWait?: (seconds: number) => void;
  /** How long a second of waiting is, in milliseconds: tests shorten it. */
  second?: number;
}

const Client = Octokit.plugin(throttling, retry);

/** Repeated by itself: 5xx and cut connections, three times. Not 409 (an empty repository) nor 429 (the throttling's). */
const final = [400, 401, 403, 404, 409, 410, 422, 429, 451];

const quiet = { debug() {}, info() {}, warn() {}, error() {} };

/** GitHub's REST API, as https://docs.github.com/en/rest/using-the-rest-api/best-practices-for-using-the-rest-api asks for. */
export function openGitHub(options: GitHubOptions): GitHub {
  const { GITHUB_API_URL, GITHUB_TOKEN, patience = 0, onWait, second = 1000 } = options;
  const wait = (seconds: number, _options: unknown, _client: unknown, retries: number) => {
    if (seconds > patience || retries >= 10) return false;
    onWait?.(seconds);
    return true;
  };
  const client = new Client({
    baseUrl: GITHUB_API_URL.replace(/\/+$/, ""),
    userAgent: "sluice",
    log: quiet,
    request: { fetch: openFetch(), log: quiet },
    ...(GITHUB_TOKEN && { auth: GITHUB_TOKEN }),
    throttle: {
      id: GITHUB_API_URL,
      retryAfterBaseValue: second,
      onRateLimit: wait,
      onSecondaryRateLimit: wait,
    },
    retry: { doNotRetry: final, retryAfterBaseValue: second },
  });
  return async (path, { params, etag, accept } = {}) => {
    const headers = { ...(etag && { "if-none-match": etag }), ...(accept && { accept }) };
    try {
      const { data, headers: answered } = await client.request(`GET ${path}`, { ...params, headers });
      const next = nextPage(answered.link, GITHUB_API_URL);
      return {
        unchanged: false,
        data,
        ...(answered.etag && { etag: answered.etag }),
        ...(next && { next }),
      };
    } catch (error) {
      if ((error as { status?: number }).status === 304) return { unchanged: true };
      throw explain(error, path, GITHUB_API_URL);
    }
  };
}

/** The path of `rel="next"` (RFC 8288) beneath the API's address: the token goes nowhere else, whatever the link says. */
function nextPage(link: string | undefined, api: string): string | undefined {
  const url = /<([^<>]+)>;\s*rel="next"/.exec(link ?? "")?.[1];
  if (url === undefined) return undefined;
  const { pathname, search } = new URL(url, api);
  const base = new URL(api).pathname.replace(/\/+$/, "");
  return (pathname.startsWith(`${base}/`) ? pathname.slice(base.length) : pathname) + search;
}

/** A repository that a token may not see is not there, says GitHub. */
const hints: Record<number, string> = {
  401: " (is GITHUB_TOKEN still valid?)",
  403: " (may GITHUB_TOKEN read the repository?)",
  404: " (a private repository needs a GITHUB_TOKEN that may read it)",
};

function explain(error: unknown, path: string, api: string): unknown {
  const { status, message, response } = error as {
    status?: number;
    message: string;
    response?: { headers: Record<string, string | undefined> };
  };
  if (status === undefined) return error;
  const where = `GitHub at ${new URL(api).host}, ${path}`;
  if (!response) return new GitHubError(`${where}: no answer (${message})`, 0, { cause: error });
  const until = limitedUntil(status, response.headers, message, Date.now());
  if (until) return new RateLimited(where, status, until, { cause: error });
  return new GitHubError(`${where}: ${status} ${message}${hints[status] ?? ""}`, status, { cause: error });
}
