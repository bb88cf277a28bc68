import { renderTable } from "../terminal/table.ts";
import type { Answer, Endpoint } from "./ask-api.ts";

/** The rows as a table, and below it how many and how long they took. */
export function renderAnswer({ meta, data, rows, statistics }: Answer): string {
  const columns = meta.map(({ name }) => name);
  const table = renderTable(
    columns,
    data.map((row) => columns.map((column) => row[column])),
  );
  const took = (statistics.elapsed_ms / 1000).toFixed(3);
  return `${table}\n${rows} ${rows === 1 ? "row" : "rows"} in ${took} s\n`;
}

/** Each endpoint with what it tells and what it takes. */
export function renderEndpoints(endpoints: Endpoint[]): string {
  return endpoints
    .map(({ name, description, params }) => {
      const takes = Object.entries(params).map(([param, { description: meaning, default: usual }]) =>
        [
          `    --param ${param}=…`,
          meaning ?? "",
          usual === undefined || usual === "" ? "" : `(default: ${usual})`,
        ]
          .join("  ")
          .trimEnd(),
      );
      return [name, `  ${description}`, ...takes].join("\n");
    })
    .join("\n\n")
    .concat("\n");
}
