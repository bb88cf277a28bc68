import { HttpError } from "../lib/http.ts";

export const mostEvents = 10_000;

const lineTypes = /ndjson|jsonl/;

/**
 * The events of a body, each as its own text: one JSON object, an array of them, or one a line. So one that is broken is
 * refused alone, and kept as it came.
 * @throws HttpError 400 when the whole cannot be taken apart, or there is none; 413 when there are too many.
 */
export function splitRows(text: string, type: string): string[] {
  const body = text.trim();
  const rows = split(body, type);
  if (rows.length === 0)
    throw new HttpError(
      400,
      "There is no event in the body",
      "Send a JSON object, an array of them, or one a line.",
    );
  if (rows.length > mostEvents)
    throw new HttpError(
      413,
      "Too many events",
      `${rows.length} came: send at most ${mostEvents} in a request.`,
    );
  return rows;
}

function split(body: string, type: string): string[] {
  if (lineTypes.test(type)) return lines(body);
  if (body.startsWith("[")) return elements(body);
  return isJson(body) ? [body] : lines(body);
}

const lines = (body: string): string[] =>
  body
    .split("\n")
    .map((line) => line.trim())
    .filter(Boolean);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

const [quote, backslash, comma] = [34, 92, 44];
const opening = new Set([91, 123]);
const closing = new Set([93, 125]);

/** The texts between the commas of an array, whatever they are. */
function elements(body: string): string[] {
  const found: string[] = [];
  let [depth, start, inString] = [0, 1, false];
  for (let at = 0; at < body.length; at++) {
    const code = body.charCodeAt(at);
    if (inString) {
      if (code === backslash) at++;
      else if (code === quote) inString = false;
    } else if (code === quote) inString = true;
    else if (opening.has(code)) depth++;
    else if (closing.has(code) && --depth === 0) {
      if (at + 1 < body.length) throw broken(`there is more behind the end of the array, at ${at + 1}`);
      const last = body.slice(start, at).trim();
      return last === "" && found.length === 0 ? [] : [...found, last];
    } else if (code === comma && depth === 1) {
      found.push(body.slice(start, at).trim());
      start = at + 1;
    }
  }
  throw broken(inString ? "a text in it does not end" : "the array does not end");
}

const broken = (why: string) =>
  new HttpError(400, "The body is no JSON", `It cannot be taken apart: ${why}.`);
