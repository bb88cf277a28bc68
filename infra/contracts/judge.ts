import { findNarrowings, type JsonSchema } from "./compare.ts";
import { schemaFile } from "./schemas.ts";

/**
 * One sentence for each thing that a contract took on the branch and takes no longer, with what to do.
 * @param meant contracts that are to break.
 */
export function judge(
  published: Map<string, JsonSchema>,
  contracts: Map<string, JsonSchema>,
  meant: readonly string[] = [],
): string[] {
  const now = new Map([...contracts].map(([name, schema]) => [schemaFile(name), { name, schema }]));
  return [...published].flatMap(([file, before]) => {
    const found = now.get(file);
    if (meant.includes(found?.name ?? file)) return [];
    if (!found)
      return [
        `${file}: its contract is gone, and may still be sent. Keep the contract, or allow it: CONTRACT_BREAKS=${file}`,
      ];
    return findNarrowings(before, found.schema).map(
      ({ field, what }) => `${found.name}: ${field || "the body"} ${what}. ${mend(found.name, what)}`,
    );
  });
}

const mend = (name: string, what: string): string =>
  `${what.includes("required") ? "Make it optional" : "Take what was taken before as well"}, or leave ${name} as it was and add a contract ` +
  `of its own for the new form. If everybody who sends it has changed: CONTRACT_BREAKS=${name}`;
