import { chatAverageMessageGap, chatMessages, chatTopActiveUsers } from "./queries/chat.ts";
import { commitsByAuthor, commitsPerInterval, firstTimeCommitters } from "./queries/commits.ts";
import { shadowTypes } from "./queries/shadow.ts";
import type { Query } from "./query.ts";

/** Every named question, by name. */
export const endpoints: ReadonlyMap<string, Query> = new Map(
  [
    chatMessages,
    chatTopActiveUsers,
    chatAverageMessageGap,
    shadowTypes,
    commitsByAuthor,
    commitsPerInterval,
    firstTimeCommitters,
  ].map((query) => [query.name, query]),
);
