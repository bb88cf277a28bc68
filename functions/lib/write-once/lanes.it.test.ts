import { expect, test } from "vitest";
import type { Store } from "../store.ts";
import { Overtaken } from "../store-error.ts";
import { openScratch } from "../testing.ts";
import { type Claims, fenceCondition, type Hold, openLanes } from "./lanes.ts";
import { allSafeguards } from "./safeguards.ts";

const write = async (store: Store, hold: Hold, claims?: Claims) =>
  store.insert({
    table: "user_messages",
    columns: ["username"],
    rows: Buffer.from("\x03ann"),
    token: crypto.randomUUID(),
    comment: "",
    condition: fenceCondition(hold.consumer, claims ?? (await hold.claims())),
  });

test("an INSERT is refused, whole, once any of its lanes was claimed again", async () => {
  const { store, select } = await openScratch("user_messages");
  const first = openLanes("test")(store, ["a", "b", "c"]);
  await write(store, first);
  await openLanes("test")(store, ["b", "d"]).claims();
  await expect(write(store, first)).rejects.toThrow(Overtaken);
  expect(await select("SELECT count() AS n FROM user_messages")).toEqual([{ n: 1 }]);
});

test("claims of another function, or of other lanes, do not matter", async () => {
  const { store } = await openScratch("user_messages");
  const hold = openLanes("test")(store, ["a", "odd name; 'quoted'"]);
  await hold.claims();
  await openLanes("test")(store, ["b"]).claims();
  await openLanes("another")(store, ["a"]).claims();
  expect(await write(store, hold)).toEqual({ attempts: 1 });
});

test("claims serve the next invocation of an environment, once one has ended well, and only one at a time", async () => {
  const { store } = await openScratch("user_messages");
  const lanes = openLanes("test");
  const first = lanes(store, ["a", "b"]);
  const claims = await first.claims();
  expect(await lanes(store, ["a"]).claims()).not.toEqual(new Map([["a", claims.get("a")]]));
  first.settle();
  const [second, third] = [lanes(store, ["b"]), lanes(store, ["b"])];
  expect(await second.claims()).toEqual(new Map([["b", claims.get("b")]]));
  expect(await third.claims()).not.toEqual(await second.claims());
});

test("claims end with an invocation that may have left an INSERT on its way", async () => {
  const { store } = await openScratch("user_messages");
  const lanes = openLanes("test");
  const first = lanes(store, ["a"]);
  const claims = await first.claims();
  first.doubt();
  first.settle();
  expect(await lanes(store, ["a"]).claims()).not.toEqual(claims);
});

test("a lane that was lost is claimed anew", async () => {
  const { store } = await openScratch("user_messages");
  const hold = openLanes("test")(store, ["a"]);
  const claims = await hold.claims();
  await openLanes("test")(store, ["a"]).claims();
  hold.renew(claims);
  expect(await write(store, hold)).toEqual({ attempts: 1 });
});

test("a claim is later than those before it, even when the server's clock went back", async () => {
  const { store, client } = await openScratch("user_messages");
  const tomorrow = Date.now() + 86_400_000;
  await client.command({
    query: `INSERT INTO sluice.lane_claims (database, consumer, lane, claim)
      SELECT currentDatabase(), 'test', 'a', bitShiftLeft(toUInt128(${tomorrow}), 64) + 5`,
  });
  const hold = openLanes("test", allSafeguards)(store, ["a"]);
  expect(await write(store, hold)).toEqual({ attempts: 1 });
});
