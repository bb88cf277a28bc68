import * as z from "zod";
import { defineQuery, limit } from "../query.ts";

export const shadowTypes = defineQuery({
  name: "shadow_types",
  description: "How many humans are of each type.",
  params: z.object({ limit }),
  row: z.object({ type: z.string(), count: z.number() }),
  sql: `
    SELECT type, count() AS count
    FROM shadow
    GROUP BY type
    ORDER BY count DESC, type
    LIMIT {limit: UInt32}`,
});
