import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createClient } from "@clickhouse/client";
import { startClickHouse } from "./server.ts";

type ClientOptions = Parameters<typeof createClient>[0];

export const passwords = { default: "admin's: pass/word", rmq: "writer", reader: "pass äöü" };
export type UserName = keyof typeof passwords;

export interface Answer {
  status: number;
  text: string;
  headers: Headers;
  /** X-ClickHouse-Exception-Code. */
  code: string | null;
}

/** A server of its own for one test file, with ways to talk to it. Paths with blanks, quotes and umlauts have to work. */
export async function openTestServer() {
  const data = mkdtempSync(join(tmpdir(), "click house's dätä-"));
  let server = await startClickHouse({ data, passwords });
  const clients: { close(): Promise<void> }[] = [];
  return {
    data,
    get url() {
      return server.url;
    },
    get port() {
      return server.port;
    },
    get pid() {
      return server.pid;
    },
    client(user: UserName = "default", options: ClientOptions = {}) {
      const log = { level: 127 as never };
      const client = createClient({
        url: server.url,
        username: user,
        password: passwords[user],
        log,
        ...options,
      });
      clients.push(client);
      return client;
    },
    /** One request as curl would send it; `url` holds further URL parameters. */
    async ask(
      sql: string | Uint8Array,
      options: { user?: UserName; url?: Record<string, string> } & RequestInit = {},
    ) {
      const { user = "default", url = {}, ...init } = options;
      const auth = `Basic ${Buffer.from(`${user}:${passwords[user]}`).toString("base64")}`;
      const answer = await fetch(`${server.url}/?${new URLSearchParams(url)}`, {
        method: "POST",
        body: sql as string,
        ...init,
        headers: { Authorization: auth, ...(init.headers as Record<string, string>) },
      });
      const { status, headers } = answer;
      const code = headers.get("x-clickhouse-exception-code");
      return { status, headers, code, text: (await answer.text()).trimEnd() } satisfies Answer;
    },
    async restart() {
      server = await startClickHouse({ data, passwords });
    },
    async close() {
      await Promise.all(clients.map((client) => client.close()));
      await server.close();
      rmSync(data, { recursive: true, force: true });
    },
  };
}

export type TestServer = Awaited<ReturnType<typeof openTestServer>>;
