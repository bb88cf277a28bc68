import * as z from "zod";
import { defineJsonContract, identifier } from "./contract.ts";
import { categories } from "./rating.ts";
import { timestamp } from "./timestamp.ts";

const names = new Map<number | string, string>(
  categories.flatMap(({ type, name }) => [
    [type, name],
    [name, name],
  ]),
);

const known = categories.map(({ type, name }) => `${type} (${name})`).join(", ");

/** The integer our topic carries, or the name the published Python `domination` 1.2 sends; decoded to the name. */
const type = z.union([z.int(), z.string()]).transform((value, context) => {
  const name = names.get(value);
  if (name !== undefined) return name;
  context.addIssue({ code: "custom", message: `is none of ${known}` });
  return z.NEVER;
});

/** A classified human, as published to the topic `shadow`. `emit_timestamp` is decoded to microseconds. */
export const shadow = defineJsonContract(
  "shadow",
  z.object({ type, unique_id: identifier, emit_timestamp: timestamp }),
);

export type Shadow = z.output<typeof shadow.schema>;
