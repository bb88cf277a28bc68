import {
  chatAverageMessageGap,
  chatMessages,
  chatMessagesPerMinute,
  chatTopActiveUsers,
} from "./queries/chat.ts";
import {
  commitsByAuthor,
  commitsByRepository,
  commitsPerInterval,
  firstTimeCommitters,
} from "./queries/commits.ts";
import { commitsByAgeBand, commitsByPerson, commitsByPosition, commitsByTeam } from "./queries/people.ts";
import { pipelineLag, quarantineByReason } from "./queries/pipelines.ts";
import { shadowTypes, shadowTypesOverTime } from "./queries/shadow.ts";
import type { Query } from "./query.ts";

/** Every named question. */
export const queries = [
  chatMessages,
  chatTopActiveUsers,
  chatAverageMessageGap,
  chatMessagesPerMinute,
  shadowTypes,
  shadowTypesOverTime,
  commitsByTeam,
  commitsByPosition,
  commitsByAgeBand,
  commitsByPerson,
  commitsByAuthor,
  commitsByRepository,
  commitsPerInterval,
  firstTimeCommitters,
  pipelineLag,
  quarantineByReason,
] as const;

/** The same, by name. */
export const endpoints: ReadonlyMap<string, Query> = new Map(
  queries.map((query): [string, Query] => [query.name, query]),
);
