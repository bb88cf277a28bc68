import { clickhouseVariables, openClickHouse } from "../lib/clickhouse.ts";
import { readEnv } from "../lib/env.ts";
import { openStore } from "../lib/store.ts";
import { createHandler } from "./roll-up.ts";

export const handler = createHandler(openStore(openClickHouse(readEnv(clickhouseVariables))));
