import { type Event, isPageView, isSale } from "../../events/event.ts";
import type { Output } from "../lib/consume-into-tables.ts";
import { type EventPlace, eventId } from "../lib/identity.ts";
import {
  arrayOfPairs,
  type Column,
  dateTime64,
  decimal64,
  encodeColumns,
  nullable,
  string,
  uint32,
} from "../lib/row-binary.ts";

/** An optional text: null where there is none, which no count of distinct people takes for one. */
const person = nullable(string);

/** `now` is epoch milliseconds; moments of an event are microseconds, those of a row milliseconds. */
function define<Row extends { timestamp: number }>(
  name: string,
  columns: { [Name in keyof Row]-?: Column<Row[Name]> },
  row: (event: Event, now: number) => Row | undefined,
): Output<Event, EventPlace, object> {
  const table = {
    name: `bilten_analytics.${name}`,
    columns: encodeColumns<Row>(columns),
    identity: eventId,
    partition: ({ timestamp }: Row) => monthOf(timestamp),
  };
  return { table, row } as unknown as Output<Event, EventPlace, object>;
}

/** The partition `toYYYYMM` puts a moment into, in months since year 0. */
function monthOf(millis: number): number {
  const at = new Date(millis);
  return at.getUTCFullYear() * 12 + at.getUTCMonth();
}

const common = (event: Event, now: number) => ({
  timestamp: Math.floor(event.timestamp / 1000),
  organizer_id: event.organizer_id ?? "",
  user_id: event.user_id || undefined,
  session_id: event.session_id || undefined,
  event_id: event.event_id ?? property(event, "event_id"),
  source: event.source ?? "",
  id: event.id,
  received_at: event.received_at == null ? now : Math.floor(event.received_at / 1000),
});

const columns = {
  timestamp: dateTime64,
  organizer_id: string,
  user_id: person,
  session_id: person,
  event_id: string,
  source: string,
  id: string,
  received_at: dateTime64,
};

const property = (event: Event, name: string): string =>
  event.properties?.find(([key]) => key === name)?.[1] ?? "";

export const events = define(
  "events",
  {
    ...columns,
    event_type: string,
    event_name: string,
    properties: arrayOfPairs as Column<[string, string][]>,
    page_url: string,
    referrer: string,
    user_agent: string,
  },
  (event, now) => ({
    ...common(event, now),
    event_type: event.event_type,
    event_name: event.event_name ?? event.event_type,
    properties: event.properties ?? [],
    page_url: event.page_url ?? "",
    referrer: event.referrer ?? "",
    user_agent: event.user_agent ?? "",
  }),
);

export const pageViews = define(
  "page_views",
  { ...columns, page_url: string, referrer: string, user_agent: string, duration_seconds: nullable(uint32) },
  (event, now) =>
    isPageView(event)
      ? {
          ...common(event, now),
          page_url: event.page_url ?? "",
          referrer: event.referrer ?? "",
          user_agent: event.user_agent ?? "",
          duration_seconds: event.duration_seconds ?? undefined,
        }
      : undefined,
);

export const ticketSales = define(
  "ticket_sales",
  {
    ...columns,
    quantity: uint32,
    price: decimal64,
    currency: string,
    ticket_type_id: string,
    payment_method: string,
  },
  (event, now) =>
    isSale(event)
      ? {
          ...common(event, now),
          quantity: event.quantity,
          price: event.price,
          currency: event.currency.toUpperCase(),
          ticket_type_id: event.ticket_type_id ?? "",
          payment_method: event.payment_method ?? "",
        }
      : undefined,
);
