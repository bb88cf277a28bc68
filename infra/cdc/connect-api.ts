import * as z from "zod";
import type { Settings } from "../settings.ts";

export type ConnectorConfig = Record<string, string>;
export type Offset = Record<string, unknown>;

const status = z.object({
  connector: z.object({ state: z.string(), trace: z.string().optional() }),
  tasks: z.array(z.object({ state: z.string(), trace: z.string().optional() })),
});
const offsetList = z.object({
  offsets: z.array(z.object({ offset: z.record(z.string(), z.unknown()).nullish() })),
});
const expanded = z.record(
  z.string(),
  z.object({ info: z.object({ config: z.record(z.string(), z.string()) }) }),
);

/** Kafka Connect's REST interface: https://kafka.apache.org/documentation/#connect_rest */
export function openConnect({ connectUrl }: Pick<Settings, "connectUrl">) {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const request = {
      method,
      headers: { "content-type": "application/json", ...credentials(connectUrl) },
      signal: AbortSignal.timeout(60_000),
      ...(body && { body: JSON.stringify(body) }),
    };
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(new URL(path, withoutCredentials(connectUrl)), request).catch(
        (cause: Error) => {
          throw new Error(
            `Kafka Connect does not answer at ${new URL(connectUrl).host}: npx sluice up connect --detach`,
            { cause },
          );
        },
      );
      if (response.status === 404) return undefined;
      const text = await response.text();
      // 409: the workers agree anew on who does what.
      if (response.status === 409 && attempt < 30) {
        await new Promise((resolve) => setTimeout(resolve, 500));
        continue;
      }
      if (!response.ok)
        throw new Error(`Kafka Connect, ${method} ${path}: ${reasonOf(text)} (HTTP ${response.status})`);
      return text === "" ? undefined : JSON.parse(text);
    }
  };
  const at = (name: string, rest = "") => `/connectors/${encodeURIComponent(name)}${rest}`;
  return {
    async config(name: string): Promise<ConnectorConfig | undefined> {
      return (await call("GET", at(name, "/config"))) as ConnectorConfig | undefined;
    },
    async all(): Promise<Map<string, ConnectorConfig>> {
      const connectors = expanded.parse(await call("GET", "/connectors?expand=info"));
      return new Map(Object.entries(connectors).map(([name, { info }]) => [name, info.config]));
    },
    async plugins(): Promise<string[]> {
      return z
        .array(z.object({ class: z.string() }))
        .parse(await call("GET", "/connector-plugins"))
        .map((one) => one.class);
    },
    /** Makes a connector that does not run yet. */
    create: (name: string, config: ConnectorConfig) =>
      call("POST", "/connectors", { name, config, initial_state: "STOPPED" }),
    put: (name: string, config: ConnectorConfig) => call("PUT", at(name, "/config"), config),
    stop: (name: string) => call("PUT", at(name, "/stop")),
    resume: (name: string) => call("PUT", at(name, "/resume")),
    remove: (name: string) => call("DELETE", at(name)),
    /** Where the connector goes on, as it keeps it itself; undefined before it has read anything. */
    async offset(name: string): Promise<Offset | undefined> {
      const { offsets } = offsetList.parse((await call("GET", at(name, "/offsets"))) ?? { offsets: [] });
      return offsets[0]?.offset ?? undefined;
    },
    forgetOffsets: (name: string) => call("DELETE", at(name, "/offsets")),
    restart: (name: string) => call("POST", at(name, "/restart?includeTasks=true&onlyFailed=true")),
    /** RUNNING once its task does, STOPPED once it has no task any more. */
    async status(name: string): Promise<{ state: string; trace?: string } | undefined> {
      const answer = await call("GET", at(name, "/status"));
      if (answer === undefined) return undefined;
      const { connector, tasks } = status.parse(answer);
      const failed = [connector, ...tasks].find(({ state }) => state === "FAILED");
      if (failed) return { state: "FAILED", trace: (failed.trace ?? "").split("\n")[0] ?? "" };
      if (connector.state === "RUNNING") return { state: tasks[0]?.state ?? "UNASSIGNED" };
      return { state: connector.state === "STOPPED" && tasks.length > 0 ? "STOPPING" : connector.state };
    },
  };
}

export type Connect = ReturnType<typeof openConnect>;

function reasonOf(text: string): string {
  try {
    return String((JSON.parse(text) as { message?: string }).message ?? text).slice(0, 2000);
  } catch {
    return text.slice(0, 300);
  }
}

/** `fetch` refuses an address with a user in it. */
function credentials(address: string): Record<string, string> {
  const { username, password } = new URL(address);
  if (username === "") return {};
  const user = `${decodeURIComponent(username)}:${decodeURIComponent(password)}`;
  return { authorization: `Basic ${Buffer.from(user).toString("base64")}` };
}

function withoutCredentials(address: string): string {
  const url = new URL(address);
  url.username = url.password = "";
  return url.href;
}
