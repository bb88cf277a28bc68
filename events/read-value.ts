import type { z } from "zod";
import { accept, type Def, defOf, isWellFormed, type Use, violation } from "./accept.ts";

/** Text forms that are read without making a string of them, by the transformation they stand for. */
export const readFromBytes = new WeakMap<
  object,
  { length: number; read(bytes: Uint8Array, at: number): unknown }
>();

/** Statements that read the value at `i` into `variable`, or return `unsure`. */
export function readValue(schema: z.core.$ZodType, variable: string, use: Use): string {
  const def = defOf(schema);
  const checks = def.checks ?? [];
  if (def.type === "nullable" && checks.length === 0)
    return `if (b[i] === 110 && b[i + 1] === 117 && b[i + 2] === 108 && b[i + 3] === 108) { ${variable} = null; i += 4; } else { ${readValue(def.innerType, variable, use)} }`;
  if (isText(def)) return readText(def, variable);
  const wrong = checks.map((check) => violation(defOf(check), variable, use));
  const known = wrong.every((one) => one !== undefined);
  const plain = def.type === "number" && !def.coerce;
  if (known && plain && (def.format === undefined || def.format === "safeint"))
    return readInteger(variable, wrong);
  const generic = `${anyOf(variable)} ${accept(schema, variable, use)}`;
  const form = def.type === "pipe" && readFromBytes.get(defOf(def.out).transform);
  if (!known || !form || !isText(defOf(def.in))) return generic;
  const quick = `b[i] === 34 && b[i + ${form.length + 1}] === 34 && (${variable} = ${use(form.read)}(b, i + 1)) !== undefined`;
  return `if (${quick}) { i += ${form.length + 2}; ${refuse(wrong)} } else { ${generic} }`;
}

/** A statement that returns `unsure` when any of these is so. */
const refuse = (wrong: (string | undefined)[]): string =>
  wrong.length > 0 ? `if (${wrong.join(" || ")}) return unsure;` : "";

/** The same of a value of any kind; `n` is where it was read. */
export const anyOf = (variable: string) =>
  `n = anyValue(b, i, end); if (n === undefined) return unsure; i = n.end; ${variable} = n.value;`;

/** Text with rules that bytes can be held to: its length, and that it is well-formed. */
const isText = ({ type, format, coerce, checks = [] }: Def): boolean =>
  type === "string" &&
  format === undefined &&
  !coerce &&
  checks.every((check) => {
    const { check: kind, fn, minimum } = defOf(check);
    return (
      kind === "max_length" ||
      (kind === "min_length" && minimum <= 1) ||
      (kind === "custom" && fn === isWellFormed)
    );
  });

/** UTF-8 has at least as many bytes as JavaScript counts units, and one unit when it has any. */
function readText({ checks = [] }: Def, variable: string): string {
  const tooShort = checks.some((check) => defOf(check).check === "min_length" && defOf(check).minimum === 1);
  const most = Math.min(
    ...checks.map((check) => (defOf(check).check === "max_length" ? defOf(check).maximum : Infinity)),
  );
  return [
    "if (b[i] !== 34) return unsure;",
    "s = ++i; while (inText[b[i]] === 1) i++;",
    "if (b[i] !== 34 && (i = endOfText(b, s, i)) < 0) return unsure;",
    tooShort ? "if (i === s) return unsure;" : "",
    most === Infinity ? "" : `if (i - s > ${most}) return unsure;`,
    `${variable} = new Span(b, s, i++);`,
  ].join(" ");
}

const readInteger = (variable: string, wrong: (string | undefined)[]): string =>
  [
    "c = b[i] === 45 ? -1 : 1; if (c < 0) i++;",
    "s = i; n = 0; while (b[i] >= 48 && b[i] <= 57) n = n * 10 + b[i++] - 48;",
    "if (i === s || i - s > 15 || (b[s] === 48 && i - s > 1)) return unsure;",
    `if (b[i] === 46 || b[i] === 69 || b[i] === 101) return unsure; ${variable} = c * n;`,
    refuse(wrong),
  ].join(" ");
