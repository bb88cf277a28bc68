import { describe, expect, it } from "vitest";
import { Outbox } from "./outbox.ts";

const message = (id: string, size = 1) => ({ id, body: Buffer.alloc(size), writtenAt: 0 });

/** Whether a promise is settled once everything that could settle it has run. */
async function isSettled(promise: Promise<unknown>): Promise<boolean> {
  return Promise.race([
    promise.then(() => true),
    new Promise<boolean>((resolve) => setImmediate(resolve, false)),
  ]);
}

describe("the outbox", () => {
  it("is empty only when everything was confirmed, each once", async () => {
    const outbox = new Outbox();
    outbox.add(message("a"));
    outbox.add(message("b"));
    const empty = outbox.empty();
    outbox.confirm("b");
    outbox.confirm("b");
    expect(await isSettled(empty)).toBe(false);
    outbox.confirm("a");
    await empty;
    expect(outbox.confirmed).toBe(2);
  });

  it("keeps what is unconfirmed in the order it was said", () => {
    const outbox = new Outbox();
    for (const id of ["a", "b", "c"]) outbox.add(message(id));
    outbox.confirm("a");
    expect(outbox.unconfirmed().map(({ id }) => id)).toEqual(["b", "c"]);
    expect(outbox.oldest?.id).toBe("b");
  });

  it("has room for 2000 messages or 16 MiB", async () => {
    const many = new Outbox();
    for (let i = 0; i < 2000; i++) many.add(message(`${i}`));
    const room = many.room();
    expect(await isSettled(room)).toBe(false);
    many.confirm("7");
    await room;
    const large = new Outbox();
    for (let i = 0; i < 16; i++) large.add(message(`${i}`, 1024 * 1024));
    expect(await isSettled(large.room())).toBe(false);
  });

  it("tells whoever waits the first failure, and does not count what failed as sent", async () => {
    const outbox = new Outbox();
    outbox.add(message("a"));
    const waiting = expect(outbox.empty()).rejects.toThrow("first");
    outbox.fail(new Error("first"), "a");
    outbox.fail(new Error("second"));
    outbox.confirm("a");
    await waiting;
    await expect(outbox.room()).rejects.toThrow("first");
    expect(outbox.confirmed).toBe(0);
  });
});
