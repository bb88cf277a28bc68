import { clickhouse } from "./clickhouse.ts";
import { kafka } from "./kafka.ts";
import { rabbitmq } from "./rabbitmq.ts";
import type { Service } from "./service.ts";

/** Every service, in the order people see them. `postgres` and `connect` join before `functions`, which need the others. */
export const services: readonly Service[] = [clickhouse, kafka, rabbitmq];
