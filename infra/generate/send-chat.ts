import type { Said } from "./chat-bot.ts";
import { openPublisher } from "./chat-publisher.ts";
import { withGrace } from "./grace.ts";
import { pace } from "./pace.ts";

export interface SendChat {
  url: string;
  /** Default: the chat room's. */
  exchange?: string;
  lines: Iterator<Said>;
  /** Messages per second; `Infinity` is as fast as the broker confirms. */
  rate: number;
  /** `Infinity` goes on until the signal aborts. */
  count: number;
  /** Outlive the broker instead of failing when it goes away. */
  reconnect: boolean;
  signal: AbortSignal;
  onProgress?: (confirmed: number) => void;
  onNotice?: (text: string) => void;
}

/** Sends until `count` or the abort, and returns when the broker has confirmed (or, aborted, had its time to). */
export async function sendChat(options: SendChat): Promise<{ sent: number; unconfirmed: number }> {
  const { lines, rate, count, signal, onProgress } = options;
  const publisher = await openPublisher(options);
  const say = async () => {
    for await (const due of pace({ rate, count, most: 100, signal })) {
      for (let i = 0; i < due && !signal.aborted; i++) await publisher.publish(lines.next().value);
      onProgress?.(publisher.confirmed);
    }
    await publisher.settled();
  };
  try {
    await withGrace(signal, say());
    return { sent: publisher.confirmed, unconfirmed: publisher.unconfirmed };
  } finally {
    await publisher.close();
  }
}
