import { once } from "node:events";
import { createServer, type IncomingMessage } from "node:http";
import type { AddressInfo } from "node:net";
import type { ListedCommit } from "./commits.ts";
import { type Interference, interfere, send } from "./fixture-interference.ts";

/**
 * GitHub's REST API on this machine, as far as Sluice asks it, in the shapes of https://docs.github.com/en/rest: one repository
 * `ann/tea` with one line of history.
 */
export interface FixtureGitHub {
  /** As GitHub Enterprise Server has it: with a path. */
  url: string;
  /** Oldest first. */
  history: ListedCommit[];
  /** `path?query` of every request, in order. */
  requests: string[];
  /** The headers of the last request. */
  headers: IncomingMessage["headers"];
  /** For the requests to come, one each. */
  interferences: Interference[];
  close(): Promise<void>;
}

export const name = "ann/tea";

/** The `n`th commit of the history: one a minute from 2026-01-01 on, every third by an account. */
export const commitNumber = (n: number): ListedCommit => {
  const date = new Date(Date.UTC(2026, 0, 1) + n * 60_000).toISOString().replace(".000", "");
  const author = { name: `Ann ${n} Tea`, email: "ann@example.org", date };
  return {
    sha: n.toString(16).padStart(40, "0"),
    commit: { message: `Brew ${n} ☕`, author, committer: author },
    author: n % 3 === 0 ? { login: "ann" } : null,
  };
};

/** The lines of that commit, which only its own address tells. */
export const linesOfNumber = (n: number) => ({ additions: n + 1, deletions: n % 7 });

export async function openFixtureGitHub(commits: number): Promise<FixtureGitHub> {
  const history = Array.from({ length: commits }, (_, n) => commitNumber(n));
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? "/", "http://github.test");
    fixture.requests.push(`${url.pathname.replace("/api/v3", "")}${url.search}`);
    fixture.headers = request.headers;
    const interference = fixture.interferences.shift();
    if (interference && interference !== "none") return interfere(response, interference);
    const [status, body, headers = {}] = answer(fixture, url, request.headers);
    send(response, status, body, headers);
  });
  const fixture: FixtureGitHub = {
    url: "",
    history,
    requests: [],
    headers: {},
    interferences: [],
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
  await once(server.listen(0, "127.0.0.1"), "listening");
  fixture.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v3`;
  return fixture;
}

type Answer = [status: number, body: unknown, headers?: Record<string, string>];

const notFound: Answer = [404, { message: "Not Found", documentation_url: "https://docs.github.com/rest" }];

function answer(
  { history, url: base }: FixtureGitHub,
  url: URL,
  headers: IncomingMessage["headers"],
): Answer {
  const path = decodeURIComponent(url.pathname.replace(`/api/v3/repos/${name}`, ""));
  const [head] = history.slice(-1);
  const at = (ref: string) =>
    ref === "main" ? history.length - 1 : history.findIndex(({ sha }) => sha === ref);
  if (path === "") {
    const etag = '"repository"';
    if (headers["if-none-match"] === etag) return [304, undefined, { etag }];
    return [200, { full_name: name, default_branch: "main" }, { etag }];
  }
  if (path.startsWith("/commits/") && headers.accept === "application/vnd.github.sha") {
    if (!head) return empty;
    const etag = `"${head.sha}"`;
    if (headers["if-none-match"] === etag) return [304, undefined, { etag }];
    return [200, head.sha, { etag, "content-type": "application/vnd.github.sha; charset=utf-8" }];
  }
  if (path.startsWith("/commits/")) return single(history, path.slice("/commits/".length));
  if (path === "/commits") {
    if (!head) return empty;
    const since = Date.parse(url.searchParams.get("since") ?? "1970-01-01T00:00:00Z");
    const reachable = history.slice(0, at(url.searchParams.get("sha") ?? "main") + 1).reverse();
    const chosen = reachable.filter(({ commit }) => Date.parse(commit.committer?.date ?? "") >= since);
    return paged(base, url, chosen, (commits) => commits);
  }
  const [, from, to] = /^\/compare\/(\w+)\.\.\.(\w+)$/.exec(path) ?? [];
  if (from === undefined || to === undefined || at(from) < 0 || at(to) < 0) return notFound;
  const ahead = history.slice(at(from) + 1, at(to) + 1);
  return paged(base, url, ahead, (commits) => ({ status: "ahead", total_commits: ahead.length, commits }));
}

const empty: Answer = [409, { message: "Git Repository is empty." }];

function single(history: ListedCommit[], sha: string): Answer {
  const found = history.find((one) => one.sha === sha);
  if (!found) return [422, { message: `No commit found for SHA: ${sha}` }];
  const { additions, deletions } = linesOfNumber(Number.parseInt(sha, 16));
  const changes = { additions, deletions, changes: additions + deletions };
  const stats = { additions, deletions, total: additions + deletions };
  return [200, { ...found, stats, files: [{ filename: "tea.md", status: "modified", ...changes }] }];
}

function paged(
  base: string,
  url: URL,
  all: ListedCommit[],
  render: (page: ListedCommit[]) => unknown,
): Answer {
  const [size, page] = [Number(url.searchParams.get("per_page")), Number(url.searchParams.get("page") ?? 1)];
  const body = render(all.slice((page - 1) * size, page * size));
  if (page * size >= all.length) return [200, body];
  const next = new URL(`${url.pathname}${url.search}`, base);
  next.searchParams.set("page", `${page + 1}`);
  return [200, body, { link: `<${next}>; rel="next", <${base}/last>; rel="last"` }];
}
