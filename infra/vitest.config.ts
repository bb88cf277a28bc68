import { defineConfig } from "vitest/config";
import { vitestPlugin as pageAssets } from "./page-bundle.ts";

/** `npm run test:long`: also what takes minutes and is no part of `npm test`, which must not. */
const long = process.env.SLUICE_LONG ? ["{events,functions,infra}/**/*.long.test.ts"] : [];

/** What a function reads at its cold start; nothing listens there. Integration tests hand clients in as arguments. */
const env = {
  CLICKHOUSE_URL: "http://127.0.0.1:1",
  CLICKHOUSE_PASSWORD: "nobody",
  KAFKA_BROKERS: "127.0.0.1:1",
  CLICKHOUSE_READER_PASSWORD: "nobody",
  SLUICE_READ_KEY: "read-key",
  SLUICE_WRITE_KEY: "write-key",
  GITHUB_WEBHOOK_SECRET: "webhook-secret",
};

export default defineConfig({
  root: new URL("..", import.meta.url).pathname,
  plugins: [pageAssets],
  test: {
    // What a file changes it changes in services and folders of its own: a process for each would cost more than many of them do.
    isolate: false,
    silent: "passed-only",
    // Tests wait for brokers more than they compute: three files at a time even on two cores, where vitest would take one.
    maxWorkers: 3,
    reporters: ["default", "./infra/test/closing-line.ts"],
    coverage: { include: ["events/**", "functions/**", "infra/**"], reportsDirectory: "coverage" },
    projects: [
      {
        extends: true,
        test: {
          name: "unit",
          include: ["{events,functions,infra}/**/*.test.ts"],
          exclude: ["**/*.it.test.ts", "**/*.long.test.ts"],
          env,
        },
      },
      {
        extends: true,
        test: {
          name: "integration",
          include: ["{events,functions,infra}/**/*.it.test.ts", ...long],
          globalSetup: "./infra/test/global-setup.ts",
          // Clocks of real brokers on a shared machine: CI asks a second time before it believes a failure, and says so.
          retry: process.env.CI ? 1 : 0,
          testTimeout: 60_000,
          hookTimeout: 60_000,
          env,
        },
      },
    ],
  },
});
