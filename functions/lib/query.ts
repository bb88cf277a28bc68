import * as z from "zod";
import { timestamp } from "../../events/timestamp.ts";

/** A named question: what it means, what it may be asked with, how it is answered. An inert value. */
export interface Query<
  Name extends string = string,
  Params extends z.ZodObject = z.ZodObject,
  Row extends z.ZodObject = z.ZodObject,
> {
  /** Snake case; the endpoint's name. */
  name: Name;
  /** One sentence, shown by `sluice ask`, in the list of endpoints and in OpenAPI. */
  description: string;
  /** From the text of a query string. Unknown names are refused; each is bound in `sql` as `{name: Type}`. */
  params: Params;
  /** A function where a parameter chooses between questions; it never puts a parameter's value into one. */
  sql?: string | ((params: Record<string, unknown>) => string);
  /** Instead of SQL, for what ClickHouse cannot know: a file that an environment variable names, and its rows. */
  file?: { variable: string; rows: (content: string) => z.output<Row>[] };
  /** Its keys are the columns of the answer. */
  row: Row;
  /** The columns that order the rows and tell them apart: with them the answer comes in pages. */
  pageBy?: string[];
  /** How old an answer may be that is given without asking ClickHouse again, in milliseconds; default 1000. */
  freshMs?: number;
  /** What is told when a table it reads is not there: who makes it, and how. */
  absent?: string;
  /** Shown in OpenAPI; a test asks it of the real engine and holds the rows against what comes. */
  example?: Example<Params, Row>;
}

export interface Example<Params extends z.ZodObject = z.ZodObject, Row extends z.ZodObject = z.ZodObject> {
  params: Partial<z.input<Params>>;
  rows: z.output<Row>[];
}

/** Keeps the name, the parameters and the row in the type: the client's types come from it. */
export const defineQuery = <const Name extends string, Params extends z.ZodObject, Row extends z.ZodObject>(
  query: Query<Name, Params, Row>,
): Query<Name, Params, Row> => query;

export const limit = z.coerce
  .number<number>()
  .int()
  .min(1)
  .max(10_000)
  .default(100)
  .describe("rows at the most, 1 to 10000");

/** Whether to count how many different people there are, beside what they did. */
export const distinct = z
  .enum(["exact", "none"])
  .default("exact")
  .describe("none: who are different people is not counted, but null, which makes long ranges quick");

/** What stands instead of a count of different people that was not asked for. */
export const uncounted = "CAST(NULL AS Nullable(UInt64))";

/** A name of the IANA time zone database, in the spelling the server knows. */
export const timeZone = z
  .string()
  .default("UTC")
  .describe("a name such as Europe/Berlin")
  .transform((name, context): string => {
    try {
      // Intl knows offsets such as +01:00 too, which the server does not.
      if (/^[a-z]/i.test(name))
        return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone;
    } catch {}
    context.addIssue({ code: "custom", message: "is no time zone: give a name such as Europe/Berlin" });
    return z.NEVER;
  });

/** ISO 8601, as epoch milliseconds; now, when it is left out. */
export const moment = z
  .string()
  .optional()
  .transform((given) => given ?? new Date().toISOString())
  .pipe(timestamp)
  .transform((micros) => Math.floor(micros / 1000));

const bound = (fallback: string) =>
  z
    .string()
    .default(fallback)
    .pipe(timestamp)
    .transform((micros) => Math.floor(micros / 1000));

/** The ends of a range of time, as epoch milliseconds: ISO 8601, both included. */
export const momentFrom = bound("1900-01-01").describe("not before this moment, ISO 8601; default: all");
export const momentUntil = bound("2254-12-31").describe("not after this moment, ISO 8601; default: all");

/** Whether a column has the value of the parameter of its name; every row does when that is left out. */
export const matches = (column: string): string => {
  const param = column.split(".").at(-1);
  return `({${param}: String} = '' OR ${column} = {${param}: String})`;
};

/** Whether a moment lies between the parameters `since` and `until`. */
export const inRange = (moment: string): string =>
  `${moment} >= fromUnixTimestamp64Milli({since: Int64}, 'UTC')
      AND ${moment} <= fromUnixTimestamp64Milli({until: Int64}, 'UTC')`;

/**
 * The first and the last of some moments, as the projections of `sql/` keep them. Not min and max of the column: compiled, these take
 * moments before 1970 for late ones (https://github.com/ClickHouse/ClickHouse/issues/113942).
 */
export const firstOf = (moment: string): string =>
  `fromUnixTimestamp64Milli(min(toUnixTimestamp64Milli(${moment})), 'UTC')`;
export const lastOf = (moment: string): string =>
  `fromUnixTimestamp64Milli(max(toUnixTimestamp64Milli(${moment})), 'UTC')`;

/** Where the next page starts: the `pageBy` columns of the last row, opaque to the client. */
export const cursor = z
  .string()
  .optional()
  .describe("`next` of the page before")
  .transform((given, context): string[] => {
    if (given === undefined || given === "") return [];
    const parsed = cursorContent.safeParse(parseOrUndefined(Buffer.from(given, "base64url").toString()));
    if (parsed.success) return parsed.data;
    context.addIssue({ code: "custom", message: "is not a cursor that this endpoint gave" });
    return z.NEVER;
  });

const cursorContent = z.array(z.string()).min(1);

export const encodeCursor = (values: unknown[]): string =>
  Buffer.from(JSON.stringify(values.map(String))).toString("base64url");

function parseOrUndefined(json: string): unknown {
  try {
    return JSON.parse(json);
  } catch {
    return undefined;
  }
}
