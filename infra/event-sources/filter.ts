/**
 * Filter criteria of an event source mapping: EventBridge's pattern syntax, the part that Lambda documents.
 * https://docs.aws.amazon.com/lambda/latest/dg/invocation-eventfiltering.html
 */

/** Whether a record's bytes are let through. Null is a Kafka tombstone. */
export type Filter = (body: Buffer | null) => boolean;

type Pattern = { [key: string]: unknown };

/** Decides about all values found at a leaf; none when the field is absent. */
type Rule = (values: Scalar[]) => boolean;

type Node = { [key: string]: unknown } | unknown[] | Scalar | undefined;

/** Numbers keep their spelling: Lambda compares 300 and 3.0e2 as text. */
type Scalar = string | boolean | null | Spelled;

class Spelled {
  readonly text: string;

  constructor(text: string) {
    this.text = text;
  }
}

/**
 * @param mismatch what becomes of a body of another format than the pattern: text for a map, JSON for a list, or no UTF-8.
 * @param key the only field Lambda filters this source by: `value` of Kafka, `data` of RabbitMQ.
 * @returns lets a record through that any of the patterns matches.
 * @throws naming the part of a pattern that Lambda does not know.
 */
export function compileFilter(
  patterns: Pattern[],
  key: "value" | "data",
  mismatch: "pass" | "drop" = "pass",
): Filter {
  const filters = patterns.map((pattern) => compilePattern(pattern, key, mismatch === "pass"));
  return (body) => filters.some((filter) => filter(body));
}

function compilePattern(pattern: Pattern, key: string, otherwise: boolean): Filter {
  for (const other of Object.keys(pattern)) {
    if (other !== key) throw new Error(`a filter pattern may only have ${key}, not ${JSON.stringify(other)}`);
  }
  const body = pattern[key];
  if (body === undefined) return () => true;
  // A list is compared with the body as text, a map with the body as JSON.
  if (Array.isArray(body)) {
    const rule = compileLeaf(body, key);
    return (bytes) => {
      const text = decode(bytes);
      return text === undefined || isContainer(parse(text)) ? otherwise : rule(bytes === null ? [] : [text]);
    };
  }
  const matches = compileMap(body, key);
  return (bytes) => {
    if (bytes === null) return matches(undefined);
    const document = parse(decode(bytes) ?? "");
    return isContainer(document) ? matches(document) : otherwise;
  };
}

/** Undefined when the bytes are not UTF-8. */
function decode(bytes: Buffer | null): string | undefined {
  try {
    return bytes === null ? "" : utf8.decode(bytes);
  } catch {
    return undefined;
  }
}

const utf8 = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

function parse(text: string): Node {
  try {
    return JSON.parse(text, spellNumbers);
  } catch {
    return undefined;
  }
}

/** JSON.parse's third argument, which TypeScript's library does not know yet. */
const spellNumbers = ((_key: string, value: unknown, { source }: { source: string }) =>
  typeof value === "number" ? new Spelled(source) : value) as unknown as (
  key: string,
  value: unknown,
) => unknown;

const isContainer = (node: Node): boolean =>
  typeof node === "object" && node !== null && !(node instanceof Spelled);

function compileMap(pattern: unknown, path: string): (node: Node) => boolean {
  if (typeof pattern !== "object" || pattern === null) {
    throw new Error(`filter pattern ${path} must be a map or a list, not ${JSON.stringify(pattern)}`);
  }
  const tests = Object.entries(pattern).map(([key, wanted]): ((node: Node) => boolean) => {
    const at = `${path}.${key}`;
    if (key === "$or") return compileOr(wanted, at);
    if (Array.isArray(wanted)) {
      const rule = compileLeaf(wanted, at);
      return (node) => rule(leaves(childOf(node, key)));
    }
    const matches = compileMap(wanted, at);
    return (node) => matches(childOf(node, key));
  });
  const all = (node: Node) => tests.every((test) => test(node));
  return (node) => (Array.isArray(node) ? (node as Node[]).some(all) : all(node));
}

function compileOr(alternatives: unknown, path: string): (node: Node) => boolean {
  if (!Array.isArray(alternatives)) throw new Error(`filter pattern ${path} must be a list of maps`);
  const matchers = alternatives.map((alternative, index) => compileMap(alternative, `${path}[${index}]`));
  return (node) => matchers.some((matches) => matches(node));
}

function childOf(node: Node, key: string): Node {
  const isMap = isContainer(node) && !Array.isArray(node);
  return isMap && Object.hasOwn(node as object, key) ? ((node as Pattern)[key] as Node) : undefined;
}

/** A list stands for each of its elements; a map is no leaf. */
function leaves(node: Node): Scalar[] {
  if (Array.isArray(node)) return node.flatMap((element) => leaves(element as Node));
  return node === undefined || isContainer(node) ? [] : [node as Scalar];
}

function compileLeaf(rules: unknown[], path: string): Rule {
  if (rules.length === 0) throw new Error(`filter pattern ${path} is an empty list, which nothing matches`);
  const compiled = rules.map((rule) => compileRule(rule, path));
  return (values) => compiled.some((rule) => rule(values));
}

function compileRule(rule: unknown, path: string): Rule {
  if (typeof rule !== "object" || rule === null) return anyValue(equals(rule));
  const [[operator, operand] = [], ...more] = Object.entries(rule);
  const compile = operator === undefined || more.length > 0 ? undefined : operators[operator];
  const compiled = compile?.(operand);
  if (compiled === undefined) {
    throw new Error(`filter pattern ${path}: Lambda has no rule ${JSON.stringify(rule)}`);
  }
  return compiled;
}

/** From an operand to its rule; undefined when Lambda takes no such operand. */
const operators: Record<string, (operand: unknown) => Rule | undefined> = {
  exists: (wanted) => (typeof wanted === "boolean" ? (values) => values.length > 0 === wanted : undefined),
  prefix: (prefix) => ofStrings(prefix, (value, start) => value.startsWith(start)),
  suffix: (suffix) => ofStrings(suffix, (value, end) => value.endsWith(end)),
  "equals-ignore-case": (text) =>
    ofStrings(text, (value, other) => value.toLowerCase() === other.toLowerCase()),
  "anything-but": (unwanted) => {
    const list: unknown[] = Array.isArray(unwanted) ? unwanted : [unwanted];
    if (list.length === 0 || list.some((item) => typeof item !== "string" && typeof item !== "number"))
      return undefined;
    const tests = list.map(equals);
    return anyValue((value) => !tests.some((test) => test(value)));
  },
  numeric: (comparisons) => {
    if (!Array.isArray(comparisons) || ![2, 4].includes(comparisons.length)) return undefined;
    const tests: ((value: number) => boolean)[] = [];
    for (let index = 0; index < comparisons.length; index += 2) {
      const compare = comparators[comparisons[index] as string];
      const bound: unknown = comparisons[index + 1];
      if (compare === undefined || typeof bound !== "number") return undefined;
      tests.push((value) => compare(value, bound));
    }
    return anyValue((value) => value instanceof Spelled && tests.every((test) => test(Number(value.text))));
  },
};

const comparators: Record<string, (value: number, bound: number) => boolean> = {
  "=": (value, bound) => value === bound,
  "<": (value, bound) => value < bound,
  "<=": (value, bound) => value <= bound,
  ">": (value, bound) => value > bound,
  ">=": (value, bound) => value >= bound,
};

const anyValue =
  (test: (value: Scalar) => boolean): Rule =>
  (values) =>
    values.some(test);

const equals = (wanted: unknown) => (value: Scalar) =>
  typeof wanted === "number" ? value instanceof Spelled && value.text === String(wanted) : value === wanted;

const ofStrings = (operand: unknown, test: (value: string, operand: string) => boolean): Rule | undefined =>
  typeof operand === "string"
    ? anyValue((value) => typeof value === "string" && test(value, operand))
    : undefined;
