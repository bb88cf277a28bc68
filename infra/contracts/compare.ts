/** JSON Schema, as zod writes it. */
export type JsonSchema = Record<string, unknown>;

/** Something that was accepted and no longer is. */
export interface Narrowing {
  /** The path of the field; empty for the body itself. */
  field: string;
  /** What follows the field's name in a sentence. */
  what: string;
}

/**
 * What `after` refuses or drops that `before` took: none when every message that was right stays right. A new field that may
 * be left out is no narrowing, though keys that a contract does not name were ignored before.
 * A keyword that is not understood here and has changed counts as one.
 */
export function findNarrowings(before: JsonSchema, after: JsonSchema, field = ""): Narrowing[] {
  if (isEqual(before, after)) return [];
  const choices = alternatives(after);
  return alternatives(before).flatMap((one) => {
    const found = choices.map((choice) => compareOne(one, choice, field));
    if (found.some((narrowings) => narrowings.length === 0)) return [];
    const nearest = choices.findIndex(({ type }) => type === one.type);
    if (choices.length === 1 || nearest >= 0) return found[Math.max(nearest, 0)] ?? [];
    return [{ field, what: `no longer takes ${nameOf(one)}` }];
  });
}

function alternatives(schema: JsonSchema): JsonSchema[] {
  const { anyOf, oneOf, type, ...rest } = schema;
  const listed = anyOf ?? oneOf;
  if (Array.isArray(listed))
    return listed.flatMap((one: JsonSchema) => alternatives({ ...withoutNotes(rest), ...one }));
  if (Array.isArray(type)) return type.map((one) => ({ ...rest, type: one }));
  return [schema];
}

function compareOne(before: JsonSchema, after: JsonSchema, field: string): Narrowing[] {
  const narrow = (what: string): Narrowing[] => [{ field, what }];
  const fits = after.type === undefined || after.type === before.type;
  if (!fits && !(before.type === "integer" && after.type === "number"))
    return narrow(`took ${nameOf(before)} and takes only ${nameOf(after)}`);
  return [
    ...compareValues(before, after).flatMap(narrow),
    ...[...lowest, ...highest]
      .filter((key) => isTighter(key, before[key], after[key]))
      .flatMap((key) => narrow(`has ${key} ${after[key]}, which was ${before[key] ?? "not limited"}`)),
    ...compareFields(before, after, field),
    ...compareInner(before, after, "items", `${field}[]`),
    ...compareInner(before, after, "additionalProperties", `${field}.*`),
    ...Object.keys(after)
      .filter((key) => !understood.has(key) && !notes.has(key) && !isEqual(before[key], after[key]))
      .flatMap((key) => narrow(`has another ${key}, and whether it takes all it took cannot be told`)),
  ];
}

const lowest = ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"];
const highest = ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"];
/** What changes nothing of what is accepted. */
const notes = new Set(["$schema", "$id", "title", "description", "default", "examples", "deprecated"]);
const understood = new Set([
  ...["type", "anyOf", "oneOf", "enum", "const", "properties", "required", "items", "additionalProperties"],
  ...lowest,
  ...highest,
]);

function isTighter(key: string, was: unknown, is: unknown): boolean {
  if (is === undefined) return false;
  if (was === undefined) return true;
  return lowest.includes(key) ? Number(is) > Number(was) : Number(is) < Number(was);
}

const valuesOf = ({ enum: listed, const: single }: JsonSchema): unknown[] | undefined =>
  Array.isArray(listed) ? listed : single === undefined ? undefined : [single];

function compareValues(before: JsonSchema, after: JsonSchema): string[] {
  const [was, is] = [valuesOf(before), valuesOf(after)];
  if (is === undefined) return [];
  if (was === undefined)
    return [`took any ${before.type ?? "value"} and takes only ${is.map(quote).join(", ")}`];
  const gone = was.filter((value) => !is.some((one) => isEqual(one, value)));
  return gone.length > 0 ? [`no longer takes ${gone.map(quote).join(", ")}`] : [];
}

function compareFields(before: JsonSchema, after: JsonSchema, field: string): Narrowing[] {
  const [was, is] = [before, after].map(({ properties }) => (properties ?? {}) as Record<string, JsonSchema>);
  const [needed, needs] = [before, after].map(({ required }) => (required ?? []) as string[]);
  const pathOf = (name: string) => (field ? `${field}.${name}` : name);
  return [
    ...Object.entries(was ?? {}).flatMap(([name, schema]) => {
      const now = is?.[name];
      if (now) return findNarrowings(schema, now, pathOf(name));
      return [{ field: pathOf(name), what: "is gone: what is sent in it would be dropped" }];
    }),
    ...(needs ?? [])
      .filter((name) => !needed?.includes(name))
      .map((name) => ({ field: pathOf(name), what: "is required, and was not" })),
  ];
}

/** A schema of what is inside, or `false`: nothing may be. */
function compareInner(before: JsonSchema, after: JsonSchema, key: string, field: string): Narrowing[] {
  const [was, is] = [before[key] ?? {}, after[key] ?? {}];
  if (isEqual(was, is) || is === true || was === false) return [];
  if (is === false) return [{ field, what: "is refused, and was not" }];
  return findNarrowings(was === true ? {} : (was as JsonSchema), is as JsonSchema, field);
}

const nameOf = (schema: JsonSchema): string =>
  String(schema.type ?? valuesOf(schema)?.map(quote).join(", ") ?? "anything");

const quote = (value: unknown): string => JSON.stringify(value);

const withoutNotes = (schema: JsonSchema): JsonSchema =>
  Object.fromEntries(Object.entries(schema).filter(([key]) => !notes.has(key)));

/** JSON values; the order of keys does not matter. */
function isEqual(a: unknown, b: unknown): boolean {
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return a === b;
  const [one, other] = [a as JsonSchema, b as JsonSchema];
  const keys = new Set([...Object.keys(one), ...Object.keys(other)]);
  return [...keys].every((key) => isEqual(one[key], other[key]));
}
