import { fork } from "node:child_process";
import { join } from "node:path";
import { users } from "./users.ts";

export interface ClickHouseOptions {
  /** Directory of the data; made when absent. One server at a time. */
  data: string;
  /** 0, the default, takes any free port. */
  port?: number;
  host?: string;
  /** By user name: `default`, `rmq`, `reader`. Absent users have an empty password. */
  passwords?: Partial<Record<string, string>>;
}

export interface ClickHouse {
  url: string;
  port: number;
  pid: number;
  /** Finishes running requests, closes the engine, resolves when the process has ended. */
  close(): Promise<void>;
}

/**
 * Starts a server in a process of its own (an engine is one per process, and a crash of it must not take the caller along)
 * and resolves when it listens. It ends with its parent. Rejects with what it printed when it does not start.
 */
export function startClickHouse(options: ClickHouseOptions): Promise<ClickHouse> {
  const { data, port = 0, host = "127.0.0.1", passwords = {} } = options;
  const env = { ...process.env };
  for (const user of users) env[user.passwordVariable] = passwords[user.name] ?? "";
  const child = fork(
    join(import.meta.dirname, "main.ts"),
    ["--data", data, "--port", String(port), "--host", host],
    { env, execArgv: [], stdio: ["ignore", "pipe", "pipe", "ipc"] },
  );
  const ended = new Promise<void>((done) => child.once("exit", () => done()));
  return new Promise((done, fail) => {
    let printed = "";
    child.stderr?.on("data", (chunk) => {
      printed += chunk;
    });
    child.stdout?.on("data", (chunk) => {
      const found = /listens on (http:\/\/\S+:(\d+)),/.exec(String(chunk));
      if (!found?.[1]) return;
      const close = () => {
        child.kill("SIGTERM");
        return ended;
      };
      done({ url: found[1], port: Number(found[2]), pid: child.pid ?? 0, close });
    });
    child.once("error", fail);
    ended.then(() => fail(new Error(`ClickHouse did not start: ${printed.trim() || "no output"}`)));
  });
}
