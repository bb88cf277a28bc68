import { execFile } from "node:child_process";
import { join } from "node:path";
import { inject } from "vitest";
import { projectRoot } from "../settings.ts";
import "./services.ts";

const { clickhouseUrl, brokers, rabbitmqUrl, passwords } = inject("services");

/** Runs `sluice …` against the services of the tests to its end, whatever that is. */
export function runSluice(
  args: string[],
  more: NodeJS.ProcessEnv = {},
): Promise<{ code: number; out: string; err: string }> {
  const env = {
    ...process.env,
    CLICKHOUSE_URL: clickhouseUrl,
    CLICKHOUSE_READER_PASSWORD: passwords.reader,
    CLICKHOUSE_DEFAULT_PASSWORD: passwords.default,
    KAFKA_BROKERS: brokers.join(","),
    RABBITMQ_URL: rabbitmqUrl,
    ...more,
  };
  return new Promise((resolve) => {
    const command = [join(projectRoot, "infra/sluice.js"), ...args];
    const child = execFile(process.execPath, command, { env }, (_, out, err) =>
      resolve({ code: child.exitCode ?? -1, out, err }),
    );
  });
}
