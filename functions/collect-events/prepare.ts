import { v5 as uuidv5, v7 as uuidv7 } from "uuid";
import { type Decoded, type Rejection, reject } from "../../events/contract.ts";
import { type EventInput, event, eventFields } from "../../events/event.ts";
import { formatRefusal, refusalHeader } from "../../events/refusal.ts";
import type { Outgoing } from "../lib/kafka.ts";
import { correct } from "./clock.ts";

/** What the events of one request share. */
export interface Request {
  source: string;
  /** Epoch milliseconds. */
  receivedAt: number;
  /** `Idempotency-Key`: an event without an id gets the same one when the request is sent again. */
  seed: string | undefined;
  /** When the client says it sent the request; an event may say so for itself. */
  sentAt: unknown;
}

/** What became of one event of a request. */
export interface Prepared {
  id: string | undefined;
  refusal?: Rejection;
  /** What goes to Kafka: the event, or what was refused beside the reason. None when it is too large for either. */
  outgoing?: Outgoing;
}

export const mostEventBytes = 256 * 1024;

export function prepare(text: string, index: number, request: Request): Prepared {
  if (Buffer.byteLength(text) > mostEventBytes)
    return {
      id: undefined,
      refusal: reject("oversized", `the event is larger than ${mostEventBytes} bytes`),
    };
  const parsed = parse(text);
  if (!parsed.ok) return refuse(text, undefined, request, parsed);
  const row = parsed.event;
  const id = row.id ?? idOf(index, request);
  const completed = complete(row, id, request);
  if (!completed.ok) return refuse(text, row.id, request, completed);
  const checked = event.check(completed.event);
  if (!checked.ok) return refuse(text, row.id, request, checked);
  return {
    id: checked.event.id,
    outgoing: { key: checked.event.id, value: event.encode(completed.event as unknown as EventInput) },
  };
}

type Row = Record<string, unknown>;

function parse(text: string): Decoded<Row> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === "object" && value !== null && !Array.isArray(value))
      return { ok: true, event: value as Row };
    return reject("invalid_event", "expected a JSON object");
  } catch (error) {
    return reject("malformed_json", (error as Error).message);
  }
}

const namespace = "5c1d7a54-9f6d-4f3b-8f0e-2b7a1d0c9e33";

const idOf = (index: number, { source, seed }: Request): string =>
  seed === undefined ? uuidv7() : uuidv5(`${source} ${seed} ${index}`, namespace);

/** The fields that are known, with what the request says of the event. */
function complete(row: Row, id: unknown, { source, receivedAt, sentAt }: Request): Decoded<Row> {
  const times = { timestamp: row.timestamp, sentAt: row.sent_at ?? sentAt, receivedAt };
  const timestamp = correct(times);
  if (!timestamp.ok) return timestamp;
  const known: Row = {};
  for (const name of eventFields) if (Object.hasOwn(row, name)) known[name] = row[name];
  const received_at = new Date(receivedAt).toISOString();
  return { ok: true, event: Object.assign(known, { id, source, timestamp: timestamp.event, received_at }) };
}

function refuse(text: string, given: unknown, { source }: Request, refusal: Rejection): Prepared {
  const id = typeof given === "string" && given !== "" ? given.slice(0, 200).toWellFormed() : undefined;
  const { reason, detail } = refusal;
  const headers = { [refusalHeader]: formatRefusal({ source: `http:${source}`, reason, detail }) };
  return { id, refusal, outgoing: { key: id ?? uuidv7(), value: Buffer.from(text), headers } };
}
