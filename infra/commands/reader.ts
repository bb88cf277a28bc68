import { type ClickHouseClient, ClickHouseError, ClickHouseLogLevel, createClient } from "@clickhouse/client";
import { shorten } from "../../functions/lib/clickhouse.ts";
import { loadSettings } from "../settings.ts";

/** Runs `work` as the user `reader`, who can read what roles grant and write nothing: the server sees to it. */
export const asReader = <T>(work: (client: ClickHouseClient) => Promise<T>): Promise<T> =>
  asUser("reader", work);

const passwordVariables = {
  default: "CLICKHOUSE_DEFAULT_PASSWORD",
  reader: "CLICKHOUSE_READER_PASSWORD",
} as const;

/** Runs `work` as one of ClickHouse's users. @throws Error in words that say what to do. */
export async function asUser<T>(
  username: keyof typeof passwordVariables,
  work: (client: ClickHouseClient) => Promise<T>,
): Promise<T> {
  const settings = loadSettings();
  const { clickhouseUrl } = settings;
  const variable = passwordVariables[username];
  const client = createClient({
    url: clickhouseUrl,
    username,
    password: settings[variable],
    // A person waits as long as they like, and hears of an error from us, once.
    request_timeout: 24 * 3_600_000,
    log: { level: ClickHouseLogLevel.OFF },
  });
  try {
    return await work(client);
  } catch (error) {
    throw explain(error, clickhouseUrl, username);
  } finally {
    await client.close();
  }
}

function explain(error: unknown, url: string, username: keyof typeof passwordVariables): unknown {
  if (error instanceof ClickHouseError && error.code === "516")
    return new Error(
      `ClickHouse at ${url} refuses the user ${username}: ${passwordVariables[username]} (environment or .env) is not its password.`,
      { cause: error },
    );
  if (error instanceof ClickHouseError)
    return new Error(`ClickHouse error ${error.code} (${error.type}): ${shorten(error.message)}`, {
      cause: error,
    });
  const { code } = error as NodeJS.ErrnoException;
  if (!noAnswer.test(code ?? "")) return error;
  return new Error(
    `ClickHouse at ${url} does not answer (${code}): start it with \`npx sluice up\`, or say where it is (CLICKHOUSE_URL).`,
    { cause: error },
  );
}

/** Node's codes for a server that is not there, or that is no HTTP server. */
const noAnswer = /^(ECONN|ENOTFOUND|EAI_|ETIMEDOUT|EHOST|ENET|HPE_)/;
