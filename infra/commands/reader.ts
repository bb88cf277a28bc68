import { type ClickHouseClient, ClickHouseError, createClient } from "@clickhouse/client";
import { loadSettings } from "../settings.ts";

/** Runs `work` as the user `reader`, who can read what roles grant and write nothing: the server sees to it. */
export async function asReader<T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> {
  const { clickhouseUrl, CLICKHOUSE_READER_PASSWORD: password } = loadSettings();
  const client = createClient({
    url: clickhouseUrl,
    username: "reader",
    password,
    request_timeout: 3_600_000,
  });
  try {
    return await work(client);
  } catch (error) {
    throw explain(error, clickhouseUrl);
  } finally {
    await client.close();
  }
}

function explain(error: unknown, url: string): unknown {
  if (error instanceof ClickHouseError && error.code === "516")
    return new Error(
      `ClickHouse at ${url} refuses the user reader: CLICKHOUSE_READER_PASSWORD (environment or .env) is not its password.`,
      { cause: error },
    );
  if (error instanceof ClickHouseError)
    return new Error(`ClickHouse error ${error.code} (${error.type}): ${error.message.trim()}`, {
      cause: error,
    });
  const { code } = error as NodeJS.ErrnoException;
  if (code === "EPIPE" || !isConnection(error)) return error;
  return new Error(
    `ClickHouse at ${url} does not answer (${code}): start it with \`npx sluice up\`, or say where it is (CLICKHOUSE_URL).`,
    { cause: error },
  );
}

/** Node's system errors of sockets and name look-ups. */
const isConnection = (error: unknown) =>
  error instanceof Error && "code" in error && typeof error.code === "string" && /^E[A-Z]+$/.test(error.code);
