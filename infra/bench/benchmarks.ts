import type { Bench } from "./bench.ts";
import { cdc } from "./cdc.ts";
import { cold } from "./cold.ts";
import { collect } from "./collect.ts";
import { exactlyOnce } from "./exactly-once.ts";
import { faust } from "./faust.ts";
import { freshness } from "./freshness.ts";
import { handler } from "./handler.ts";
import { ingest } from "./ingest.ts";
import { mapping } from "./mapping.ts";
import { page } from "./page.ts";
import { query } from "./query.ts";
import { rabbitmq } from "./rabbitmq.ts";

/** All of them, the shortest first. */
export const benchmarks: readonly Bench[] = [
  cold,
  handler,
  exactlyOnce,
  query,
  page,
  faust,
  freshness,
  collect,
  rabbitmq,
  mapping,
  cdc,
  ingest,
];
