import * as z from "zod";

/** What of an event has no field of its own, as text: whatever is no text is written in JSON. */
export type Properties = [name: string, value: string][];

const mostNames = 1000;
const longestName = 256;
/** Deeper than any form a person would ask about, and far from where a recursion ends. */
const deepest = 32;

/**
 * An object of JSON values, decoded to pairs; null is as absent. Refused by name: numbers that JavaScript could not read exactly
 * (whole ones past 2^53, infinite ones), text that is no Unicode, and nesting past 32.
 */
export const properties = z.unknown().transform((value, context): Properties => {
  const refuse = (message: string, ...path: string[]): never => {
    context.addIssue({ code: "custom", message, path, params: { reason: "unsupported_value" } });
    return z.NEVER;
  };
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    context.addIssue({ code: "custom", message: "expected an object" });
    return z.NEVER;
  }
  const entries = Object.entries(value);
  if (entries.length > mostNames) return refuse(`has more than ${mostNames} names`);
  const pairs: Properties = [];
  for (const [name, one] of entries) {
    if (one === null || one === undefined) continue;
    const problem = problemOf(one, 1) ?? problemOfName(name);
    if (problem !== undefined) return refuse(problem, name.slice(0, longestName));
    pairs.push([name, typeof one === "string" ? one : JSON.stringify(one)]);
  }
  return pairs;
});

const problemOfName = (name: string): string | undefined =>
  name.length > longestName ? `has a name of more than ${longestName} characters` : problemOf(name, 0);

function problemOf(value: unknown, depth: number): string | undefined {
  if (typeof value === "string") return value.isWellFormed() ? undefined : "holds half a surrogate pair";
  if (typeof value === "number") return problemOfNumber(value);
  if (typeof value !== "object" || value === null) return undefined;
  if (depth >= deepest) return `is nested more than ${deepest} deep`;
  for (const [name, one] of Object.entries(value)) {
    const problem = problemOf(name, depth) ?? problemOf(one, depth + 1);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function problemOfNumber(value: number): string | undefined {
  if (!Number.isFinite(value)) return "is a number too large: send it as text";
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return "is a whole number past 2^53, whose last digits are lost on the way: send it as text";
  return undefined;
}
