import { chatAverageMessageGap, chatMessages, chatTopActiveUsers } from "./queries/chat.ts";
import {
  commitsByAuthor,
  commitsByRepository,
  commitsPerInterval,
  firstTimeCommitters,
} from "./queries/commits.ts";
import { commitsByAgeBand, commitsByPerson, commitsByPosition, commitsByTeam } from "./queries/people.ts";
import { shadowTypes } from "./queries/shadow.ts";
import type { Query } from "./query.ts";

/** Every named question. */
export const queries = [
  chatMessages,
  chatTopActiveUsers,
  chatAverageMessageGap,
  shadowTypes,
  commitsByTeam,
  commitsByPosition,
  commitsByAgeBand,
  commitsByPerson,
  commitsByAuthor,
  commitsByRepository,
  commitsPerInterval,
  firstTimeCommitters,
] as const;

/** The same, by name. */
export const endpoints: ReadonlyMap<string, Query> = new Map(
  queries.map((query): [string, Query] => [query.name, query]),
);
