import { describe, expect, it } from "vitest";
import { chatMessage } from "../../events/chat-message.ts";
import { quotesOf, repeat } from "./chat-bot.ts";
import { bots, quotes } from "./quotes.ts";
import { createRandom } from "./random.ts";

describe("the bot", () => {
  it("says every quote once before it repeats one, under several names", () => {
    const said = quotesOf(createRandom(1)).take(quotes.length).toArray();
    expect(said.map(({ message }) => message).toSorted()).toEqual([...quotes].toSorted());
    expect(new Set(said.map(({ username }) => username)).size).toBe(bots.length);
    expect(said.map(({ message }) => message)).not.toEqual(quotes);
  });

  it("speaks under one name when it is given one", () => {
    const names = quotesOf(createRandom(1), "ann")
      .take(100)
      .map(({ username }) => username);
    expect(new Set(names)).toEqual(new Set(["ann"]));
  });

  it("has some sixty lines of its own, no two the same, all of which survive encoding", () => {
    expect(new Set(quotes).size).toBe(quotes.length);
    expect(quotes.length).toBeGreaterThanOrEqual(60);
    for (const message of quotes) {
      const decoded = chatMessage.decode(chatMessage.encode({ username: "x", message }));
      expect(decoded).toEqual({ ok: true, event: { username: "x", message } });
    }
  });
});

it("a repeated line carries the moment it is said", () => {
  const [said] = repeat("ann", "hi").take(1).toArray();
  expect(Math.abs(Date.parse(said?.sent_at ?? "") - Date.now())).toBeLessThan(1000);
});
