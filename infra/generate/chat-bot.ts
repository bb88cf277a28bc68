import type { z } from "zod";
import type { chatMessage } from "../../events/chat-message.ts";
import { bots, quotes } from "./quotes.ts";
import type { Random } from "./random.ts";

/** A chat message as its publisher writes it. */
export type Said = z.input<typeof chatMessage.schema>;

/** Endless quotes in an order that repeats none before all were said; one speaker when `username` is given. */
export function* quotesOf(random: Random, username?: string): Generator<Said, never> {
  for (;;) {
    for (const message of shuffle(quotes, random)) {
      yield {
        username: username ?? bots[random(bots.length)] ?? "bot",
        message,
        sent_at: new Date().toISOString(),
      };
    }
  }
}

/** The same line again and again, each with its own moment. */
export function* repeat(username: string, message: string): Generator<Said, never> {
  for (;;) yield { username, message, sent_at: new Date().toISOString() };
}

/** Fisher–Yates. */
function shuffle<T>(list: readonly T[], random: Random): T[] {
  const shuffled = [...list];
  for (let last = shuffled.length - 1; last > 0; last--) {
    const other = random(last + 1);
    [shuffled[last], shuffled[other]] = [shuffled[other] as T, shuffled[last] as T];
  }
  return shuffled;
}
