import * as z from "zod";
import { type Contract, type Decoded, defineJsonContract, reject, text } from "./contract.ts";
import { money } from "./money.ts";
import { properties } from "./properties.ts";
import { dayTime } from "./timestamp.ts";

const name = text.min(1).max(200);
const key = text.max(256).nullable().optional();
const address = text.max(8192).nullable().optional();
const count = z
  .int()
  .min(0)
  .max(2 ** 32 - 1)
  .nullable()
  .optional();

/**
 * Something a person did on a site or in an app, as it travels on the topic `events`: key and identity are its `id`. The type
 * `page_view` makes a page view of it; a `ticket_purchase` with `quantity`, `price` and `currency` is a sale. An absent
 * field may be null.
 */
const base = defineJsonContract(
  "event",
  z.object({
    /** Equal for copies, however often they are sent; those that grow with time (UUIDv7) are found fastest. */
    id: name,
    /** Who sent it: `{source}` of `POST /v1/events/{source}`. */
    source: text.max(200).nullable().optional(),
    event_type: name,
    /** As people call it; `event_type` when it is absent. */
    event_name: text.max(1024).nullable().optional(),
    timestamp: dayTime,
    received_at: dayTime.nullable().optional(),
    organizer_id: key,
    user_id: key,
    session_id: key,
    /** The concert, match or fair it is about; `properties.event_id` when it is absent. */
    event_id: key,
    page_url: address,
    referrer: address,
    user_agent: text.max(2048).nullable().optional(),
    properties: properties.nullable().optional(),
    /** Of a page view. */
    duration_seconds: count,
    /** Of a sale: tickets, what one costs, and in which currency (ISO 4217). */
    quantity: count,
    price: money.nullable().optional(),
    currency: text
      .regex(/^[A-Za-z]{3}$/, "expected three letters of ISO 4217")
      .nullable()
      .optional(),
    ticket_type_id: key,
    payment_method: key,
  }),
);

/** The names it may have; others are left out on the way. */
export const eventFields = Object.keys((base.schema as unknown as z.ZodObject).shape);

/** Decoded: moments in microseconds, money in ten-thousandths, properties as pairs of text. */
export type Event = z.output<typeof base.schema>;

/** As it is sent. */
export type EventInput = z.input<typeof base.schema>;

export interface Sale extends Event {
  quantity: number;
  price: number;
  currency: string;
}

export const isPageView = (event: Event): boolean => event.event_type === "page_view";

/** A ticket_purchase without its price is an event like others; with a price it has all that a sale needs. */
export const isSale = (event: Event): event is Sale => typeof event.price === "number";

/** One sale stays within 18 digits, so that a sum of sales never overflows. */
const mostMoney = 1e18;

function complete(event: Event): Decoded<Event> {
  const { quantity, price, currency } = event;
  if (price == null && currency == null && quantity == null) return { ok: true, event };
  if (event.event_type !== "ticket_purchase")
    return reject("invalid_event", "price: only a ticket_purchase has quantity, price and currency", "price");
  for (const field of ["quantity", "price", "currency"] as const)
    if (event[field] == null)
      return reject("invalid_event", `${field}: a sale has quantity, price and currency`, field);
  if (Number(quantity) * Number(price) >= mostMoney)
    return reject("unsupported_value", "price: the sale comes to more than 18 digits can hold", "price");
  return { ok: true, event };
}

const completed = (decoded: Decoded<Event>): Decoded<Event> =>
  decoded.ok ? complete(decoded.event) : decoded;

export const event: Contract<Event, EventInput> = {
  ...base,
  decode: (bytes) => completed(base.decode(bytes)),
  check: (value) => completed(base.check(value)),
  // What it asks of an event it asks of strings.
  lean: { decode: (body) => completed(base.decode(body)) },
};
