import { chatAverageMessageGap, chatMessages, chatTopActiveUsers } from "./queries/chat.ts";
import { shadowTypes } from "./queries/shadow.ts";
import type { Query } from "./query.ts";

/** Every named question, by name. */
export const endpoints: ReadonlyMap<string, Query> = new Map(
  [chatMessages, chatTopActiveUsers, chatAverageMessageGap, shadowTypes].map((query) => [query.name, query]),
);
