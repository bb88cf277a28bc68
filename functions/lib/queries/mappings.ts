import * as z from "zod";
import { defineQuery } from "../query.ts";

const row = z.object({
  function: z.string(),
  source: z.enum(["kafka", "msk", "rabbitmq"]),
  /** The topic or the queue. */
  from: z.string(),
  state: z.enum(["polling", "retrying", "stopped"]),
  /** Messages the broker holds that are not settled. */
  lag: z.number(),
  /** Why it is retrying, or stopped; null when nothing is wrong. */
  error: z.string().nullable(),
});

/** The status file of the plugin: its README says what is in it. */
const status = z.object({
  pid: z.int().positive(),
  mappings: z.array(
    row.pick({ function: true, source: true, state: true, lag: true }).extend({
      topic: z.string().optional(),
      queue: z.string().optional(),
      error: z.string().optional(),
    }),
  ),
});

export const eventSourceMappings = defineQuery({
  name: "event_source_mappings",
  description: "What triggers the functions, locally: each mapping's state, and what its broker still holds.",
  params: z.object({}),
  row,
  file: { variable: "EVENT_SOURCES_STATUS", rows: readStatus },
  absent:
    "The plugin that stands in for event source mappings tells it, under `sls offline`. On AWS ask Lambda: `aws lambda " +
    "list-event-source-mappings`, and CloudWatch's OffsetLag (Kafka) or MessageCount (Amazon MQ).",
  example: {
    params: {},
    rows: [
      {
        function: "indexChat",
        source: "rabbitmq",
        from: "chat.clickhouse",
        state: "polling",
        lag: 0,
        error: null,
      },
    ],
  },
});

/** A writer that was killed could not say so: what it wrote last is not true any more. */
export function readStatus(content: string): z.output<typeof row>[] {
  const { pid, mappings } = status.parse(JSON.parse(content));
  const ended = isRunning(pid) ? undefined : "the process that polled has ended";
  return mappings
    .map(({ function: name, source, topic, queue, state, lag, error }) => ({
      function: name,
      source,
      from: topic ?? queue ?? "",
      state: ended ? ("stopped" as const) : state,
      lag,
      error: ended ?? error ?? null,
    }))
    .sort((a, b) => (`${a.function} ${a.from}` < `${b.function} ${b.from}` ? -1 : 1));
}

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === "EPERM";
  }
}
