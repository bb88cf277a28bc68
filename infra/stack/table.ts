import type { Settings } from "../settings.ts";
import { inSeconds } from "./narrate.ts";
import type { Outcome } from "./progress.ts";
import { services } from "./services.ts";

/** What there is, where, and the keys: what `up` prints when it is ready. */
export function readyTable(settings: Settings, outcomes: Outcome[], seconds: number): string {
  const missing = outcomes.filter(({ state }) => state === "unavailable");
  const rows = outcomes.map((outcome) => [outcome.service, whereabouts(settings, outcome)]);
  const hasFunctions = outcomes.some(({ service, state }) => service === "functions" && state === "ready");
  if (hasFunctions) {
    rows.push(["read key", settings.SLUICE_READ_KEY], ["write key", settings.SLUICE_WRITE_KEY]);
  }
  const width = Math.max(...rows.map(([name = ""]) => name.length));
  const lines = rows.map(([name = "", value]) => `  ${name.padEnd(width)}  ${value}`);
  const title =
    missing.length === 0
      ? `Ready in ${inSeconds(seconds)}.`
      : `Ready in ${inSeconds(seconds)}, as far as it goes.`;
  return ["", title, "", ...lines, ""].join("\n").concat("\n");
}

function whereabouts(settings: Settings, outcome: Outcome): string {
  if (outcome.state === "unavailable") return "unavailable";
  return address(settings, outcome.service, outcome.by === "env");
}

/** Where a service is reached. Credentials are left out of an address that was given to us. */
export function address(settings: Settings, name: string, given: boolean): string {
  const where = services.find((service) => service.name === name)?.address(settings);
  if (!where) return "";
  return "url" in where ? (given ? withoutCredentials(where.url) : where.url) : where.brokers.join(",");
}

export const withoutCredentials = (url: string) => url.replace(/\/\/[^/?#]*@/, "//");
