import { renderTable } from "../terminal/table.ts";
import type { StackStatus } from "./status.ts";

/** The status for people. */
export function statusTable({ ready, services, keys, mappings }: StackStatus): string {
  const rows = Object.entries(services).map(([name, service]) => [
    name,
    service.state,
    service.by,
    "url" in service ? service.url : service.brokers.join(","),
    service.pid,
    service.since?.slice(0, 19).replace("T", " "),
  ]);
  const reasons = Object.entries(services).flatMap(([name, { reason }]) =>
    reason ? [`${name}: ${reason}`] : [],
  );
  const parts = [renderTable(["service", "state", "by", "where", "pid", "since (UTC)"], rows)];
  if (reasons.length > 0) parts.push(`${reasons.join("\n")}\n`);
  if (mappings.length > 0) {
    const columns = ["function", "source", "from", "state", "lag"];
    parts.push(
      renderTable(
        columns,
        mappings.map((one) => [one.function, one.source, one.queue ?? one.topic, one.state, one.lag]),
      ),
    );
  }
  parts.push(`read key   ${keys.read}\nwrite key  ${keys.write}\n`, ready ? "Ready.\n" : "Not ready.\n");
  return parts.join("\n");
}
