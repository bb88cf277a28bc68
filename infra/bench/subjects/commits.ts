import * as z from "zod";
import { clickhouseVariables, openClickHouse } from "../../../functions/lib/clickhouse.ts";
import { consumeIntoTable } from "../../../functions/lib/consume.ts";
import { readEnv } from "../../../functions/lib/env.ts";
import { openStore } from "../../../functions/lib/store.ts";
import { consumer } from "../commit.ts";

const env = readEnv({ ...clickhouseVariables, BENCH_TABLE: z.string() });

/** Commits into the table of a benchmark, as a function of ours does it, exactly once. */
export const handler = consumeIntoTable(
  { ...consumer, table: { ...consumer.table, name: env.BENCH_TABLE } },
  openStore(openClickHouse(env)),
);
