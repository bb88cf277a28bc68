import { expect, test, vi } from "vitest";
import { StoreError } from "../store-error.ts";
import { openScratch } from "../testing.ts";
import { checkTable, openPreflight } from "./preflight.ts";

test("views behind views are found, whatever they are called, and so are tables of their own", async () => {
  const { store, client } = await openScratch("user_messages");
  for (const query of [
    "CREATE TABLE `odd name` (m String) ENGINE = MergeTree ORDER BY m SETTINGS non_replicated_deduplication_window = 5000",
    "CREATE MATERIALIZED VIEW `odd view` TO `odd name` AS SELECT message AS m FROM user_messages",
    "CREATE MATERIALIZED VIEW behind ENGINE = MergeTree ORDER BY m AS SELECT m FROM `odd name`",
  ])
    await client.command({ query });
  const { reached, problems } = await checkTable(store, "user_messages", false);
  const strip = (name?: string) => name?.replace(/^scratch_\w+\./, "");
  expect(reached.map(({ name, view, window }) => [strip(name), strip(view), window])).toEqual([
    ["user_messages", undefined, 10_000],
    ["odd name", "odd view", 5000],
    [expect.stringMatching(/^\.inner/), "behind", 0],
  ]);
  expect(problems).toMatchObject([{ severity: "warn", what: expect.stringContaining("behind") }]);
  await client.command({ query: problems[0]?.mend ?? "" });
  expect((await checkTable(store, "user_messages", false)).problems).toEqual([]);
});

test("a function refuses a table that counts twice until it is mended, and looks again", async () => {
  const { store, client } = await openScratch("user_messages");
  const setting = "non_replicated_deduplication_window";
  await client.command({ query: `ALTER TABLE user_messages MODIFY SETTING ${setting} = 0` });
  const preflight = openPreflight("user_messages", false);
  const refused = preflight(store);
  await expect(refused).rejects.toThrow(StoreError);
  await expect(refused).rejects.toMatchObject({
    retryable: false,
    message: expect.stringContaining("ALTER TABLE"),
  });
  await client.command({ query: `ALTER TABLE user_messages MODIFY SETTING ${setting} = 10000` });
  await preflight(store);
});

test("it looks once in an environment, and says what it saw", async () => {
  const { store, client } = await openScratch("user_messages");
  await client.command({
    query:
      "CREATE MATERIALIZED VIEW own ENGINE = MergeTree ORDER BY message AS SELECT message FROM user_messages",
  });
  const log = vi.spyOn(console, "log");
  const preflight = openPreflight("user_messages", false);
  await preflight(store);
  await preflight(store);
  const said = log.mock.calls.flat().filter((line) => String(line).includes("views may count twice"));
  expect(said).toHaveLength(1);
});
