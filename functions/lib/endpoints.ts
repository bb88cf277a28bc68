import { chatAverageMessageGap, chatMessages, chatTopActiveUsers } from "./queries/chat.ts";
import { commitsByAuthor, commitsPerInterval, firstTimeCommitters } from "./queries/commits.ts";
import { shadowTypes } from "./queries/shadow.ts";
import type { Query } from "./query.ts";

/** Every named question. */
export const queries = [
  chatMessages,
  chatTopActiveUsers,
  chatAverageMessageGap,
  shadowTypes,
  commitsByAuthor,
  commitsPerInterval,
  firstTimeCommitters,
] as const;

/** The same, by name. */
export const endpoints: ReadonlyMap<string, Query> = new Map(
  queries.map((query): [string, Query] => [query.name, query]),
);
