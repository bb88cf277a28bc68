import type { Settings } from "../settings.ts";
import { inSeconds } from "./narrate.ts";
import type { Outcome } from "./progress.ts";
import { services } from "./services.ts";
import { whereabouts } from "./whereabouts.ts";

/** What there is, where, and the keys: what `up` prints when it is ready. */
export function readyTable(settings: Settings, outcomes: Outcome[], seconds: number): string {
  const ready = outcomes.filter(({ state }) => state === "ready").map(({ service }) => service);
  const missing = outcomes.filter(({ state }) => state !== "ready").map(({ service }) => service);
  const rows = services
    .filter(({ name }) => ready.includes(name))
    .map((service) => [service.name, shown(whereabouts(service, settings))]);
  if (ready.includes("functions")) {
    rows.push(["page", pageAddress(settings)]);
    rows.push(["read key", settings.SLUICE_READ_KEY], ["write key", settings.SLUICE_WRITE_KEY]);
  }
  const width = Math.max(0, ...rows.map(([name = ""]) => name.length));
  const lines = rows.map(([name = "", value]) => `  ${name.padEnd(width)}  ${value}\n`);
  const title =
    missing.length === 0
      ? `Ready in ${inSeconds(seconds)}.`
      : `After ${inSeconds(seconds)}, without ${missing.join(", ")}: not everything is ready.`;
  return `\n${title}\n\n${lines.join("")}\n`;
}

/** Opens ready: the key is in the fragment, which browsers keep to themselves. */
export const pageAddress = ({ HTTP_PORT, SLUICE_READ_KEY }: Settings): string =>
  `http://127.0.0.1:${HTTP_PORT}/#key=${encodeURIComponent(SLUICE_READ_KEY)}`;

const shown = (where: { url: string } | { brokers: string[] }) =>
  "url" in where ? where.url : where.brokers.join(",");
