import * as z from "zod";
import { compile, isWellFormed, unsure } from "./accept.ts";
import { type Lean, Span, spanOf } from "./envelope/span.ts";
import { openReader } from "./read-json.ts";

/** Why a message cannot become a row. A closed list: metrics, the quarantine table and its replay share it. */
export const reasons = [
  "malformed_json",
  "invalid_event",
  "unsupported_value",
  "oversized",
  "unstorable",
  "unknown_operation",
] as const;

export type Reason = (typeof reasons)[number];

/** Bad data is a value: the message is kept, explained and can be replayed. */
export interface Rejection {
  ok: false;
  reason: Reason;
  /** One sentence for a person: which field, what was expected. */
  detail: string;
  /** The path of the first field that is wrong, when one is. */
  field?: string;
}

export type Decoded<Event> = { ok: true; event: Event } | Rejection;

/** The reading half of a contract. */
export interface Decoder<Event> {
  /** Never throws: whatever the bytes are, the answer is an event or a rejection. */
  decode(body: Uint8Array | Span | null): Decoded<Event>;
}

/** What travels under one noun: how its bytes are read and written. */
export interface Contract<Event, Input = Event> extends Decoder<Event> {
  /** Snake case; the noun that topic, sample and table share. */
  name: string;
  schema: z.ZodType<Event, Input>;
  /** The same of a body that was parsed already. */
  check(value: unknown): Decoded<Event>;
  encode(event: Input): Buffer;
  /** Reads the same, and leaves text where it lies in the body: for functions that only pass it on. */
  lean: Decoder<Lean<Event>>;
}

export const reject = (reason: Reason, detail: string, field?: string): Rejection => ({
  ok: false,
  reason,
  detail,
  ...(field && { field }),
});

/** Text that survives UTF-8: a lone surrogate (`"\ud800"` in JSON) would be stored as another character. */
export const text = z.string().refine(isWellFormed, {
  error: "holds half a surrogate pair",
  params: { reason: "unsupported_value" },
});

/** A key of something: it travels in keys and headers, so it stays short. */
export const identifier = text.min(1).max(1024);

const utf8 = new TextDecoder("utf-8", { fatal: true });

/** Bytes that are no UTF-8 become U+FFFD in the quick way: whether they were, the strict one tells. @throws TypeError */
function readText(body: Span): string {
  const quick = body.toString();
  return quick.charCodeAt(0) === byteOrderMark || quick.includes("\ufffd")
    ? utf8.decode(body.bytes())
    : quick;
}

const byteOrderMark = 0xfeff;

/** A contract for JSON bodies (RFC 8259, UTF-8). Keys the schema does not name are ignored. */
export function defineJsonContract<Event, Input>(
  name: string,
  schema: z.ZodType<Event, Input>,
): Contract<Event, Input> {
  const accept = compile(schema);
  const check = (value: unknown): Decoded<Event> => {
    const event = accept(value);
    if (event !== unsure) return { ok: true, event: event as Event };
    const parsed = schema.safeParse(value);
    return parsed.success ? { ok: true, event: parsed.data } : explain(parsed.error);
  };
  const parse = (body: Span): { value: unknown } | Rejection => {
    try {
      return { value: JSON.parse(readText(body)) };
    } catch (error) {
      return reject("malformed_json", error instanceof Error ? error.message : String(error));
    }
  };
  const decode = (body: Uint8Array | Span | null, learn?: (keys: string[]) => void): Decoded<Event> => {
    if (body === null) return reject("invalid_event", "the body is absent (a tombstone)");
    const parsed = parse(body instanceof Span ? body : spanOf(body));
    if (!("value" in parsed)) return parsed;
    const decoded = check(parsed.value);
    if (decoded.ok) learn?.(Object.keys(parsed.value as object));
    return decoded;
  };
  const reader = openReader(schema);
  const lean = (body: Uint8Array | Span | null): Decoded<Lean<Event>> => {
    if (reader === undefined || body === null) return decode(body);
    const span = body instanceof Span ? body : spanOf(body);
    const event = reader.read(span);
    return event === unsure ? decode(span, reader.learn) : { ok: true, event: event as Lean<Event> };
  };
  return {
    name,
    schema,
    check,
    decode: (body) => decode(body),
    encode: (event) => Buffer.from(JSON.stringify(event)),
    lean: { decode: lean },
  };
}

function explain(error: z.core.$ZodError): Rejection {
  const details = error.issues.map((issue) => `${issue.path.join(".") || "the body"}: ${issue.message}`);
  return reject(reasonOf(error.issues), details.join("; "), error.issues[0]?.path.join("."));
}

function reasonOf(issues: z.core.$ZodIssue[]): Reason {
  if (issues.some((issue) => issue.code === "custom" && issue.params?.reason === "unsupported_value")) {
    return "unsupported_value";
  }
  return issues.some((issue) => issue.code === "too_big" && issue.origin === "string")
    ? "oversized"
    : "invalid_event";
}
