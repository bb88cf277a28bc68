import { ClickHouseError } from "@clickhouse/client";

/** Bad weather between a function and ClickHouse. The broker redelivers the batch. */
export class StoreError extends Error {
  override name = "StoreError";
  readonly retryable: boolean;

  /** @param retryable false when only a person can mend it: a missing table, a wrong password, no grant. */
  constructor(message: string, retryable: boolean, options?: ErrorOptions) {
    super(message, options);
    this.retryable = retryable;
  }
}

/** The server refused an INSERT whole, because its condition does not hold. */
export class Overtaken extends StoreError {
  override name = "Overtaken";
}

/** A wrong configuration: unknown column, database, table or setting, bad arguments, no grant, wrong password. */
const configurationCodes = new Set("16 20 26 27 33 36 47 53 60 62 73 81 115 117 131 452 497 516".split(" "));

/**
 * A row that an expression or a constraint of its table refuses. Codes that mean "these bytes do not fit the columns" (26,
 * 27, 33, 53, 117, 131) are not among them: rows are encoded here, so such a table is not the one this code was written for.
 */
const rowCodes = new Set(["6", "38", "41", "69", "70", "72", "321", "349", "441", "469", "691"]);

/** `SERIALIZATION_ERROR`: what the condition of an INSERT throws. */
export const overtakenCode = 650;

export const isOvertaken = (error: unknown): boolean => hasCode(error, String(overtakenCode));

export const isRefusedRow = (error: unknown): boolean =>
  error instanceof ClickHouseError && rowCodes.has(error.code);

export const mayPass = (error: unknown): boolean =>
  !(error instanceof ClickHouseError && configurationCodes.has(error.code));

const hasCode = (error: unknown, code: string) => error instanceof ClickHouseError && error.code === code;

export const fail =
  (what: string) =>
  (cause: unknown): never => {
    if (cause instanceof StoreError) throw cause;
    const retryable = mayPass(cause);
    const advice = retryable
      ? "the batch will be delivered again"
      : "this needs a person: check the migrations and CLICKHOUSE_PASSWORD";
    throw new StoreError(`ClickHouse, ${what}: ${reasonOf(cause)} (${advice})`, retryable, { cause });
  };

/** ClickHouse's syntax errors list everything it would have understood: the first words say enough. */
export function reasonOf(cause: unknown): string {
  const words = cause instanceof Error ? cause.message || cause.name : String(cause);
  return words.length > 300 ? `${words.slice(0, 300)}…` : words;
}
