import type { Answer } from "./ask.ts";
import { HttpError } from "./http.ts";
import { type HttpEvent, header } from "./http-event.ts";

export const formats = ["json", "csv", "ndjson"] as const;
export type Format = (typeof formats)[number];

export const mediaTypes: Record<Format, string> = {
  json: "application/json; charset=utf-8",
  csv: "text/csv; charset=utf-8; header=present",
  ndjson: "application/x-ndjson; charset=utf-8",
};

const byMediaType: Record<string, Format> = {
  "*/*": "json",
  "application/*": "json",
  "application/json": "json",
  "text/*": "csv",
  "text/csv": "csv",
  "application/x-ndjson": "ndjson",
  "application/ndjson": "ndjson",
  "application/jsonl": "ndjson",
};

/**
 * The format of an answer: `?format=` before `Accept`, JSON when neither says.
 * @throws HttpError 400 for an unknown `format`, 406 when `Accept` names none there is.
 */
export function chooseFormat(event: HttpEvent): Format {
  const named = event.queryStringParameters?.format;
  if (named !== undefined) {
    if ((formats as readonly string[]).includes(named)) return named as Format;
    throw new HttpError(400, "Wrong parameters", `format: it must be one of ${formats.join(", ")}.`);
  }
  const accept = header(event, "accept");
  if (accept === undefined || accept.trim() === "") return "json";
  const wanted = accept
    .split(",")
    .map(readRange)
    .filter(({ weight }) => weight > 0)
    .sort((a, b) => b.weight - a.weight);
  for (const { type } of wanted) if (Object.hasOwn(byMediaType, type)) return byMediaType[type] as Format;
  throw new HttpError(406, "No such format", `Accept one of ${Object.values(mediaTypes).join(", ")}.`);
}

function readRange(range: string): { type: string; weight: number } {
  const [type = "", ...rest] = range.split(";").map((part) => part.trim().toLowerCase());
  const weight = Number(rest.find((part) => part.startsWith("q="))?.slice(2) ?? 1);
  return { type, weight: Number.isNaN(weight) ? 0 : weight };
}

/** An answer as text: JSON whole, the others its rows alone. */
export function encode(answer: Answer, format: Format): string {
  if (format === "json") return JSON.stringify(answer);
  if (format === "ndjson") return answer.data.map((row) => `${JSON.stringify(row)}\n`).join("");
  const columns = answer.meta.map(({ name }) => name);
  const lines = answer.data.map((row) => columns.map((column) => field(row[column])));
  return [columns.map(field), ...lines].map((line) => `${line.join(",")}\r\n`).join("");
}

/** RFC 4180. Null is the empty field, the empty text a quoted one; arrays and objects are JSON. */
function field(value: unknown): string {
  if (value === null || value === undefined) return "";
  const text = typeof value === "object" ? JSON.stringify(value) : String(value);
  return text === "" || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
