/** What every event may say. Fields are named as the columns they arrive in (`events/event.ts`). */
export interface EventFields {
  /** Equal ids count once within 24 hours. Default: a new UUIDv7. */
  id?: string;
  /** When it happened. Default: now. */
  timestamp?: Date | string;
  /** As people call it. */
  event_name?: string;
  organizer_id?: string;
  /** Default: who `identify` named. */
  user_id?: string;
  /** Default: one for each service; in a browser one for each tab, whatever pages it shows. */
  session_id?: string;
  /** The concert, match or fair it is about. */
  event_id?: string;
  page_url?: string;
  referrer?: string;
  user_agent?: string;
  /** Whatever else there is to say, as JSON. */
  properties?: Record<string, unknown>;
}

export interface TrackedEvent extends EventFields {
  event_type: string;
}

export interface PageView extends EventFields {
  duration_seconds?: number;
}

export interface TicketSale extends EventFields {
  event_id: string;
  /** Tickets. */
  quantity: number;
  /** Of one ticket: text such as "12.50" is exact, whatever its digits. */
  price: number | string;
  /** ISO 4217: EUR. */
  currency: string;
  ticket_type_id?: string;
  payment_method?: string;
}

/** An event that was accepted from the program: on its way, or dropped with a reason. */
export interface Queued {
  id: string;
  /** JSON, written once. */
  text: string;
  /** Of `text` in UTF-8. */
  bytes: number;
}

/** A time-ordered id: 48 bits of epoch milliseconds, then 74 random bits (RFC 9562, 5.7). */
export function uuidv7(now = Date.now()): string {
  const random = crypto.getRandomValues(new Uint8Array(10));
  random[0] = ((random[0] as number) & 0x0f) | 0x70;
  random[2] = ((random[2] as number) & 0x3f) | 0x80;
  const hex = [...random].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const all = now.toString(16).padStart(12, "0") + hex;
  return all.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

const utf8 = new TextEncoder();

/** @throws TypeError when it cannot be written as JSON: a cycle, a BigInt. */
export function enqueue(event: TrackedEvent): Queued {
  const { id = uuidv7(), timestamp = new Date(), ...rest } = event;
  const text = JSON.stringify({ id, timestamp, ...rest });
  return { id, text, bytes: utf8.encode(text).length };
}
