import { join } from "node:path";
import { envFile, loadSettings, projectRoot, type Settings, SettingsError } from "../settings.ts";
import { missingSecrets, writeEnvFile } from "./env-file.ts";
import { type ServiceName, serviceNames } from "./service.ts";
import { services } from "./services.ts";
import { type Stay, up } from "./up.ts";
import { watchServices } from "./watch.ts";

const line = (text: string) => void process.stderr.write(`${text}\n`);

/** `sluice up`: the named services, or all with the functions unless these are not wanted. @returns the exit code. */
export async function runUp(
  named: readonly ServiceName[],
  options: { detach?: boolean; functions: boolean },
  stay: Stay = (settings, _, signal) => {
    line("Ctrl-C stops what this command started.");
    return watchServices(settings, line, signal);
  },
): Promise<number> {
  const all = serviceNames.filter((name) => options.functions || name !== "functions");
  const names = named.length > 0 ? named : all;
  return await up(firstSettings(names), names, options.detach ? undefined : stay);
}

/** The settings, with a `.env` written if this is the first start, and every secret in place that these services need. */
function firstSettings(names: readonly ServiceName[]): Settings {
  if (writeEnvFile(envFile, join(projectRoot, ".env.example"), process.env))
    line("wrote .env with new passwords and keys");
  const settings = loadSettings();
  const wanted = services.filter(({ name }) => names.includes(name));
  const missing = missingSecrets(settings, wanted);
  if (missing.length === 0) return settings;
  throw new SettingsError(
    `${missing.join(", ")}: not set in .env nor in the environment. Add a line for each to .env, ` +
      "or move .env away and let `sluice up` write a new one.",
  );
}
