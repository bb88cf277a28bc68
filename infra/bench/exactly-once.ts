import type { KafkaEvent } from "../../events/envelope/kafka.ts";
import { openClickHouse } from "../../functions/lib/clickhouse.ts";
import { consumeIntoTable } from "../../functions/lib/consume.ts";
import { openStore } from "../../functions/lib/store.ts";
import { allSafeguards, type Safeguards } from "../../functions/lib/write-once/safeguards.ts";
import type { Bench } from "./bench.ts";
import { commitEvent, consumer, createPlainTable, createTable } from "./commit.ts";
import { costOf, cpuPerMillion, rowsPerSecond } from "./cost.ts";
import { figure } from "./figure.ts";
import { openAdmin, openServices, pidOf } from "./services.ts";
import { interleave } from "./statistics.ts";

const batchRows = 10_000;
const none: Safeguards = {
  token: false,
  probe: false,
  repair: false,
  wait: false,
  fence: false,
  preflight: false,
};

/** What the guarantee costs: the same function writing the same batches with all of it, and with nothing of it. */
export const exactlyOnce: Bench = {
  name: "exactly-once",
  summary:
    "a function writing 10,000-row batches with every safeguard; peers: without any and without the index, client.insert of parsed JSON",
  async *run(options) {
    const { rows = 100_000, rounds = 9, progress } = options;
    const settings = await openServices(options, "clickhouse");
    const admin = openAdmin(settings, options);
    for (const query of [createTable("guarded"), createTable("bare", false), createPlainTable("plain")])
      await admin.command({ query });
    const client = openClickHouse({
      CLICKHOUSE_URL: settings.clickhouseUrl,
      CLICKHOUSE_USER: "default",
      CLICKHOUSE_PASSWORD: settings.CLICKHOUSE_DEFAULT_PASSWORD,
    });
    options.cleanup.defer(() => client.close());
    const store = openStore(client);
    const into = (name: string, safeguards: Safeguards) =>
      consumeIntoTable({ ...consumer, name, table: { ...consumer.table, name } }, store, safeguards);
    const guarded = into("guarded", allSafeguards);
    const bare = into("bare", none);
    const plain = async (event: KafkaEvent) => {
      const values = Object.values(event.records)
        .flat()
        .map(({ value }) => JSON.parse(Buffer.from(value ?? "", "base64").toString()));
      await client.insert({
        table: "plain",
        values,
        format: "JSONEachRow",
        clickhouse_settings: { date_time_input_format: "best_effort" },
      });
    };
    const pids = [process.pid, pidOf(settings, "clickhouse")];
    let next = 0;
    const measure = (handle: (event: KafkaEvent) => Promise<unknown>) => () => {
      const events = Array.from({ length: Math.ceil(rows / batchRows) }, () => {
        next += batchRows;
        return commitEvent(Math.min(rows, batchRows), next);
      });
      return costOf(pids, async () => {
        for (const event of events) await handle(event);
      });
    };
    progress(`${rounds + 1} rounds of ${rows.toLocaleString("en")} rows, three ways`);
    const measures = { guarded: measure(guarded), bare: measure(bare), plain: measure(plain) };
    await interleave(1, measures);
    const results = await interleave(rounds, measures);
    const peers = {
      "no probe, token, fence or index": results.bare,
      "client.insert without a contract": results.plain,
    };
    for (const [name, peer] of Object.entries(peers)) {
      const [ours, theirs] = [rowsPerSecond(rows, results.guarded), rowsPerSecond(rows, peer)];
      yield figure("exactly-once", `against ${name}`, ours, theirs, "rows/s");
      const [cost, theirCost] = [cpuPerMillion(rows, results.guarded), cpuPerMillion(rows, peer)];
      yield figure("exactly-once", `cost, against ${name}`, cost, theirCost, "CPU-s per million rows");
    }
  },
};
