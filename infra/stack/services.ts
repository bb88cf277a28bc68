import { clickhouse } from "./clickhouse.ts";
import { connect } from "./connect.ts";
import { functions } from "./functions.ts";
import { kafka } from "./kafka.ts";
import { postgres } from "./postgres.ts";
import { rabbitmq } from "./rabbitmq.ts";
import type { Service } from "./service.ts";

/** One for each name, in the same order. */
export const services: readonly Service[] = [clickhouse, kafka, rabbitmq, postgres, connect, functions];
