import { type Decoder, type Reason, type Rejection, reject } from "./contract.ts";
import { bytesOf } from "./envelope/span.ts";

/** A value as Debezium's JSON has it; a whole number that a double would not hold is a bigint. */
export type Wire = null | string | number | bigint | boolean | Wire[] | { [name: string]: Wire };

/** A row by column name, as far as it was captured. */
export type Image = Record<string, Wire>;

/** Where a change lies in Postgres' log. Pairs of `commit` and `lsn` have the order in which transactions committed. */
interface Position {
  /** End of the last transaction that committed before this one; absent in a snapshot, and until one has committed after it. */
  commit: bigint | undefined;
  lsn: bigint;
  /** Epoch microseconds: when the transaction committed, or the snapshot was taken. */
  at: number;
}

/** What one message of a captured table says. */
export type Change =
  | ({
      kind: "row";
      operation: "create" | "read" | "update" | "delete";
      before?: Image;
      after?: Image;
    } & Position)
  | ({ kind: "truncate" } & Position)
  /** Nothing to apply: a tombstone after a delete, a heartbeat, a logical message. */
  | { kind: "nothing" };

const operations = { c: "create", r: "read", u: "update", d: "delete" } as const;

/**
 * Debezium's envelope for Postgres, whole (not flattened), as JSON without a schema.
 * Wire format: https://debezium.io/documentation/reference/3.4/connectors/postgresql.html#postgresql-events
 */
export const change: Decoder<Change> = {
  decode(body) {
    if (body === null) return { ok: true, event: { kind: "nothing" } };
    let value: Wire;
    try {
      value = parseExactly(utf8.decode(bytesOf(body)));
    } catch (error) {
      return reject("malformed_json", error instanceof Error ? error.message : String(error));
    }
    try {
      return { ok: true, event: read(value) };
    } catch (error) {
      if (error instanceof NoEnvelope) return error.rejection;
      throw error;
    }
  },
};

class NoEnvelope extends Error {
  readonly rejection: Rejection;
  constructor(reason: Reason, detail: string) {
    super(detail);
    this.rejection = reject(reason, detail);
  }
}

function read(value: Wire): Change {
  const envelope = isImage(value) && isImage(value.payload) && "schema" in value ? value.payload : value;
  if (!isImage(envelope)) throw new NoEnvelope("invalid_event", "no envelope of Debezium: not an object");
  const { op, source, before, after } = envelope;
  if (op === undefined && "ts_ms" in envelope && source === undefined) return { kind: "nothing" };
  if (op === "m") return { kind: "nothing" };
  if (!isImage(source) || typeof op !== "string")
    throw new NoEnvelope(
      "invalid_event",
      "no envelope of Debezium: `op` or `source` is missing. A connector that flattens its events cannot be applied: npx sluice cdc setup",
    );
  const position = readPosition(source);
  if (op === "t") return { kind: "truncate", ...position };
  if (!Object.hasOwn(operations, op))
    throw new NoEnvelope("unknown_operation", `op is ${JSON.stringify(op)}`);
  const operation = operations[op as keyof typeof operations];
  const image = operation === "delete" ? before : after;
  if (!isImage(image))
    throw new NoEnvelope(
      "invalid_event",
      `${operation === "delete" ? "before" : "after"} is missing of a ${operation}`,
    );
  return {
    kind: "row",
    operation,
    ...(isImage(before) && { before }),
    ...(isImage(after) && { after }),
    ...position,
  };
}

/** `source.sequence` is a JSON text: the end of the last commit, then the change's own LSN; both in decimal, the first may be null. */
function readPosition({ sequence, lsn, ts_us, ts_ms }: Image): Position {
  const pair = /^\["?(\d{1,20}|null)"?,"?(\d{1,20})"?\]$/.exec(typeof sequence === "string" ? sequence : "");
  const own = pair?.[2] ?? (typeof lsn === "number" || typeof lsn === "bigint" ? String(lsn) : undefined);
  if (own === undefined) throw new NoEnvelope("invalid_event", "source.sequence and source.lsn are missing");
  const at = typeof ts_us === "number" ? ts_us : typeof ts_ms === "number" ? ts_ms * 1000 : 0;
  return {
    commit: pair === null || pair[1] === "null" ? undefined : BigInt(pair[1] as string),
    lsn: BigInt(own),
    at,
  };
}

const isImage = (value: unknown): value is Image =>
  typeof value === "object" && value !== null && !Array.isArray(value);

const utf8 = new TextDecoder("utf-8", { fatal: true });

/**
 * JSON with whole numbers beyond 2^53 as bigint. Asking for every value costs, so it is done only where a long number
 * comes before `source`, whose times in nanoseconds nobody reads.
 */
export function parseExactly(text: string): Wire {
  const end = text.lastIndexOf('"source":{"version":');
  if (!/\d{16}/.test(end < 0 ? text : text.slice(0, end))) return JSON.parse(text);
  const exact = (_: string, value: unknown, context?: { source: string }) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context?.source ?? "")
      ? BigInt(context?.source as string)
      : value;
  return JSON.parse(text, exact);
}
