import type { Change } from "./apply.ts";
import type { Names } from "./names.ts";

/** What a new endpoint is made of: how many rows a table has, to begin with. */
export function queryChanges({ kebab, snake, camel, words }: Names, table: string): Change[] {
  const text = `import * as z from "zod";
import { defineQuery, limit } from "../query.ts";

export const ${camel} = defineQuery({
  name: "${snake}",
  description: "${words[0]?.toUpperCase()}${words.slice(1)}: say here, in one sentence, what it answers.",
  params: z.object({ limit }),
  row: z.object({ count: z.number() }),
  example: { params: { limit: 1 }, rows: [{ count: 0 }] }, // A test asks it: its table's rows are in infra/test/example-rows.ts
  sql: \`
    SELECT count() AS count
    FROM ${table}
    LIMIT {limit: UInt32}\`,
});
`;
  return [
    { create: `functions/lib/queries/${kebab}.ts`, text },
    {
      edit: "functions/lib/endpoints.ts",
      before: 'import type { Query } from "./query.ts";',
      insert: `import { ${camel} } from "./queries/${kebab}.ts";\n`,
    },
    { edit: "functions/lib/endpoints.ts", before: "] as const;", insert: `  ${camel},\n` },
  ];
}
