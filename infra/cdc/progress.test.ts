import { expect, test } from "vitest";
import { tablesBeingRead } from "./progress.ts";

const captured = (table: string) => ({ table, as: table.replace("public", "github"), history: false });
const config = {
  publication: "p",
  slot: "sluice",
  connector: "sluice",
  topic_prefix: "postgres",
  tables: [captured("public.a"), captured("public.b")],
};
const streaming = { lsn_proc: 27118504, messageType: "UPDATE", lsn_commit: 27118464, lsn: 27118504 };
const incremental = JSON.stringify([
  {
    incremental_snapshot_collections_id: "public.b",
    incremental_snapshot_collections_additional_condition: null,
  },
]);

test.each([
  ["nothing before Debezium has read anything", undefined, []],
  ["every table during the first snapshot", { ...streaming, snapshot: "INITIAL" }, ["public.a", "public.b"]],
  ["nothing when that is complete", { ...streaming, snapshot: "INITIAL", snapshot_completed: true }, []],
  ["nothing while changes alone are read", streaming, []],
  [
    "the tables of an incremental snapshot",
    { ...streaming, incremental_snapshot_collections: incremental },
    ["public.b"],
  ],
])("Debezium's offset says that it reads the rows of %s", (_what, offset, tables) => {
  expect(tablesBeingRead(config, offset)).toEqual(tables);
});
