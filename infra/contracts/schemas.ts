import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import * as z from "zod";
import type { JsonSchema } from "./compare.ts";

/** Where each contract's schema is committed, one file a contract. */
export const schemaFolder = "events/schemas";

/** `chat_message` → `events/schemas/chat-message.json`. */
export const schemaFile = (contract: string): string =>
  `${schemaFolder}/${contract.replaceAll("_", "-")}.json`;

/** What a contract takes, as JSON Schema (2020-12). What only its code checks (`refine`, `transform`) is not in it. */
export const schemaOf = (schema: z.ZodType): JsonSchema =>
  z.toJSONSchema(schema, { io: "input", unrepresentable: "any" });

export const renderSchema = (schema: JsonSchema): string => `${JSON.stringify(schema, null, 2)}\n`;

/** The contracts that the files of `events/` export, by name. */
export async function readContracts(root: string): Promise<Map<string, JsonSchema>> {
  const files = (await readdir(join(root, "events"))).filter((file) => /^[a-z-]+\.ts$/.test(file)).sort();
  const found = new Map<string, JsonSchema>();
  for (const file of files) {
    const exported = await import(pathToFileURL(join(root, "events", file)).href);
    for (const value of Object.values(exported))
      if (isContract(value)) found.set(value.name, schemaOf(value.schema));
  }
  return found;
}

const isContract = (value: unknown): value is { name: string; schema: z.ZodType } =>
  typeof value === "object" && value !== null && "decode" in value && "name" in value && "schema" in value;
