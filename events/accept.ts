import type { z } from "zod";

/** Instead of a value: the schema itself has to be asked. */
export const unsure = Symbol("unsure");

/**
 * A quick yes for what nearly always comes: the rules of an object's schema as one compiled function, without the objects
 * that zod makes to be able to explain itself (about a third of its time). It answers with the schema's output, or `unsure`
 * for whatever is not plainly right or not known here: then the schema decides, and words the refusal.
 */
export function compile(schema: z.core.$ZodType): (value: unknown) => unknown {
  const shape = fieldsOf(schema);
  if (shape === undefined) return () => unsure;
  const scope: unknown[] = [unsure];
  const use: Use = (value) => `use[${scope.push(value) - 1}]`;
  const fields = Object.entries(shape).map(([name, field], i) => {
    const { inner, optional } = presenceOf(field);
    const variable = `v${i}`;
    const read = `let ${variable} = value[${JSON.stringify(name)}]; if (${variable} === undefined) { ${optional ? "" : "return unsure;"} } else { ${accept(inner, variable, use)} }`;
    return { name, variable, optional, read };
  });
  const source = [
    "const unsure = use[0]; return (value) => {",
    'if (typeof value !== "object" || value === null || Array.isArray(value)) return unsure;',
    ...fields.map(({ read }) => read),
    returnEvent(fields),
    "}",
  ];
  return new Function("use", source.join("\n"))(scope);
}

/** The fields of an object that has no rules of its own and ignores keys it does not name. */
export function fieldsOf(schema: z.core.$ZodType): Record<string, z.core.$ZodType> | undefined {
  const { type, catchall, checks, shape } = defOf(schema);
  return type !== "object" || catchall || checks?.length ? undefined : shape;
}

/** A field without its `optional`, and whether it had one. */
export function presenceOf(field: z.core.$ZodType): { inner: z.core.$ZodType; optional: boolean } {
  const { type, innerType } = defOf(field);
  return type === "optional" ? { inner: innerType, optional: true } : { inner: field, optional: false };
}

/** Statements that return the event of these fields, each in its variable; an optional one that is absent is left out. */
export function returnEvent(fields: { name: string; variable: string; optional: boolean }[]): string {
  const keyed = fields.map(({ name, ...field }) => ({ ...field, key: JSON.stringify(name) }));
  const required = keyed
    .filter(({ optional }) => !optional)
    .map(({ key, variable }) => `${key}: ${variable}`);
  const optional = keyed.filter(({ optional }) => optional);
  return [
    `const event = {${required.join(", ")}};`,
    ...optional.map(({ key, variable }) => `if (${variable} !== undefined) event[${key}] = ${variable};`),
    "return event;",
  ].join("\n");
}

/** Text that survives UTF-8. */
export const isWellFormed = (value: string): boolean => value.isWellFormed();

/** Makes a value known to the compiled code; the expression it goes by there. */
export type Use = (value: unknown) => string;

// biome-ignore lint/suspicious/noExplicitAny: zod's own definitions differ by type; what is read of them is checked.
export type Def = Record<string, any> & { type: string; checks?: z.core.$ZodCheck[] };

export const defOf = (schema: z.core.$ZodType | z.core.$ZodCheck): Def => schema._zod.def as unknown as Def;

/** Statements that leave the schema's output in `variable`, or return `unsure`. */
export function accept(schema: z.core.$ZodType, variable: string, use: Use): string {
  const def = defOf(schema);
  if (def.type === "nullable" && !def.checks?.length)
    return `if (${variable} !== null) { ${accept(def.innerType, variable, use)} }`;
  const checks = (def.checks ?? []).map((check) => violation(defOf(check), variable, use));
  const wrongType = typeViolation(def, variable);
  if (wrongType !== undefined && checks.every((check) => check !== undefined))
    return `if (${[wrongType, ...checks].join(" || ")}) return unsure;`;
  if (
    def.type === "pipe" &&
    defOf(def.out).type === "transform" &&
    checks.every((check) => check !== undefined)
  ) {
    const transformed = `${variable} = ${use(transform(defOf(def.out).transform))}(${variable});`;
    return `${accept(def.in, variable, use)} ${transformed} if (${[`${variable} === unsure`, ...checks].join(" || ")}) return unsure;`;
  }
  return `${variable} = ${use(ask(schema))}(${variable}); if (${variable} === unsure) return unsure;`;
}

/** A plain type, without a format, a coercion or anything else beside its checks. */
function typeViolation({ type, format, coerce }: Def, variable: string): string | undefined {
  if (coerce) return undefined;
  if (type === "string" && format === undefined) return `typeof ${variable} !== "string"`;
  if (type === "number" && format === undefined) return `!Number.isFinite(${variable})`;
  if (type === "number" && format === "safeint") return `!Number.isSafeInteger(${variable})`;
  if (type === "boolean") return `typeof ${variable} !== "boolean"`;
  return undefined;
}

/** An expression that is true when a check fails; `undefined` for a check that is not known here. */
export function violation(def: Def, variable: string, use: Use): string | undefined {
  switch (def.check) {
    case "min_length":
      return `${variable}.length < ${use(def.minimum)}`;
    case "max_length":
      return `${variable}.length > ${use(def.maximum)}`;
    case "greater_than":
      return `!(${variable} ${def.inclusive ? ">=" : ">"} ${use(def.value)})`;
    case "less_than":
      return `!(${variable} ${def.inclusive ? "<=" : "<"} ${use(def.value)})`;
    case "custom":
      return def.fn && `${use(def.fn)}(${variable}) !== true`;
    default:
      return undefined;
  }
}

const transform = (apply: (value: unknown, context: object) => unknown) => (value: unknown) => {
  const issues: unknown[] = [];
  const output = apply(value, { value, issues, addIssue: (issue: unknown) => issues.push(issue) });
  return issues.length > 0 || output instanceof Promise ? unsure : output;
};

const ask = (schema: z.core.$ZodType) => (value: unknown) => {
  const result = schema._zod.run({ value, issues: [] }, { async: false });
  return result instanceof Promise || result.issues.length > 0 ? unsure : result.value;
};
