import {
  chatAverageMessageGap,
  chatMessages,
  chatMessagesPerMinute,
  chatTopActiveUsers,
} from "./queries/chat.ts";
import { slowQueries, storageByTable } from "./queries/clickhouse.ts";
import {
  commitsByAuthor,
  commitsByRepository,
  commitsPerInterval,
  firstTimeCommitters,
} from "./queries/commits.ts";
import { eventsDaily } from "./queries/events-daily.ts";
import { eventsFunnel } from "./queries/funnel.ts";
import { eventSourceMappings } from "./queries/mappings.ts";
import { commitsByAgeBand, commitsByPerson, commitsByPosition, commitsByTeam } from "./queries/people.ts";
import { pipelineLag, quarantineByReason } from "./queries/pipelines.ts";
import {
  eventPerformance,
  organizerDailyMetrics,
  realtimeDashboard,
  revenueDaily,
} from "./queries/product.ts";
import { retention } from "./queries/retention.ts";
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
  eventsDaily,
  eventsFunnel,
  revenueDaily,
  realtimeDashboard,
  organizerDailyMetrics,
  eventPerformance,
  retention,
  pipelineLag,
  quarantineByReason,
  eventSourceMappings,
  slowQueries,
  storageByTable,
] as const;

/** The same, by name. */
export const endpoints: ReadonlyMap<string, Query> = new Map(
  queries.map((query): [string, Query] => [query.name, query]),
);
