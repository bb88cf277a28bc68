import type { z } from "zod";
import { fieldsOf, presenceOf, returnEvent, type Use, unsure } from "./accept.ts";
import { Span } from "./envelope/span.ts";
import { anyValue, endOfText, inText } from "./json-bytes.ts";
import { anyOf, readValue } from "./read-value.ts";

/**
 * Reads JSON (RFC 8259) that looks as nearly all of it does: one flat object, its keys in a known order, no white space but one
 * space behind `:` and `,`. Such a body is checked and taken apart by one compiled function in one pass over its bytes, and text
 * stays where it is. Whatever looks otherwise is `unsure`, so the way by `JSON.parse` and the schema says what it is.
 */
export interface Reader {
  /** The schema's output, plain text as `Span`; or `unsure`. */
  read(body: Span): unknown;
  /** Takes note of the keys of a body that was read the other way: the next one of the kind is read here. */
  learn(keys: string[]): void;
}

/** How many orders of keys are known at once: each is a function of its own, and is tried in turn. */
const mostOrders = 4;

/** Of one order: whoever sends may name keys at will, and each character becomes code. */
const mostKeys = 200;
const mostKeyCharacters = 8000;

export function openReader(schema: z.core.$ZodType): Reader | undefined {
  const fields = fieldsOf(schema);
  if (fields === undefined) return undefined;
  const orders = new Map([[Object.keys(fields).join("\n"), compileReader(fields, Object.keys(fields))]]);
  let buffer: Buffer = Buffer.alloc(0);
  let view = new DataView(buffer.buffer);
  return {
    read(body) {
      if (body.buffer !== buffer) {
        buffer = body.buffer;
        view = new DataView(buffer.buffer, buffer.byteOffset, buffer.length);
      }
      for (const read of orders.values()) {
        const event = read(buffer, view, body.start, body.end);
        if (event !== unsure) return event;
      }
      return unsure;
    },
    learn(keys) {
      if (orders.size >= mostOrders || keys.length > mostKeys) return;
      if (keys.reduce((sum, key) => sum + key.length, 0) > mostKeyCharacters) return;
      const named = new Set(keys);
      const order = [...keys, ...Object.keys(fields).filter((key) => !named.has(key))];
      const name = order.join("\n");
      if (!orders.has(name)) orders.set(name, compileReader(fields, order));
    },
  };
}

type Fields = Record<string, z.core.$ZodType>;
type Read = (buffer: Buffer, view: DataView, start: number, end: number) => unknown;

function compileReader(fields: Fields, order: string[]): Read {
  const scope: unknown[] = [];
  const use: Use = (value) => `use[${scope.push(value) - 1}]`;
  const helpers = { unsure, Span, inText, endOfText, anyValue };
  const source = Object.keys(helpers).map((name, i) => `const ${name} = helpers[${i}];`);
  source.push(
    "return (b, view, start, end) => {",
    "let i = start, s = 0, n = 0, c = 0, more = false;",
    "if (b[i++] !== 123) return unsure;",
  );
  const members: { name: string; variable: string; optional: boolean }[] = [];
  for (const [k, name] of order.entries()) {
    const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
    const { inner, optional } = field ? presenceOf(field) : { optional: true };
    const variable = `v${k}`;
    if (field) members.push({ name, variable, optional });
    source.push(
      `let ${variable}; if (${isKey(name)}) {`,
      inner ? readValue(inner, variable, use) : anyOf(variable),
      "more = b[i] === 44; if (more) { i++; if (b[i] === 32) i++; } else if (b[i] !== 125) return unsure;",
      optional ? "}" : "} else return unsure;",
    );
  }
  source.push(
    "if (more || b[i++] !== 125) return unsure;",
    "while (b[i] === 32 || b[i] === 10 || b[i] === 13 || b[i] === 9) i++;",
    "if (i !== end) return unsure;",
    returnEvent(members),
    "};",
  );
  return new Function("use", "helpers", source.join("\n"))(scope, Object.values(helpers));
}

/** An expression that is true when the key and its colon begin at `i`, and then passes over them. */
function isKey(name: string): string {
  const key = Buffer.from(`${JSON.stringify(name)}:`);
  const same = [`i + ${key.length} < end`];
  let at = 0;
  for (; at + 4 <= key.length; at += 4)
    same.push(`view.getInt32(i + ${at}, true) === ${key.readInt32LE(at)}`);
  for (; at < key.length; at++) same.push(`b[i + ${at}] === ${key[at]}`);
  return `${same.join(" && ")} && (i += b[i + ${key.length}] === 32 ? ${key.length + 1} : ${key.length})`;
}
