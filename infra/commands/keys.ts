import { type Command, InvalidArgumentError, Option } from "commander";
import { collectParam } from "./arguments.ts";

const createExamples = `
Examples:
  $ npx sluice keys create --name dashboard
  $ npx sluice keys create --name partner --endpoint events_daily --endpoint revenue_daily --fix organizer_id=o-17
  $ npx sluice keys create --name web --kind write --source web --origin https://www.example --per-minute 6000
  $ KEY=$(npx sluice keys create --name ci --expires 30d --quiet)`;

const listExamples = `
Examples:
  $ npx sluice keys list
  $ npx sluice keys list --all --json`;

const revokeExamples = `
Examples:
  $ npx sluice keys revoke 3f9c0a51b2de`;

export interface CreateOptions {
  name: string;
  kind: "read" | "write";
  endpoint: string[];
  source: string[];
  origin: string[];
  fix: Record<string, string>;
  perMinute: number;
  /** Seconds from now. */
  expires?: number;
}

export function register(program: Command): void {
  const keys = program.command("keys").description("keys of the HTTP API, besides the two in .env");
  keys
    .command("create")
    .summary("make a key and show it, once")
    .description(
      "Make a key of the HTTP API. It is shown once: what is stored is a hash of it. Functions know it within a second.",
    )
    .requiredOption("--name <name>", "what it is for")
    .addOption(new Option("--kind <kind>", "what it may do").choices(["read", "write"]).default("read"))
    .option(
      "--endpoint <name>",
      "a read key: only this endpoint, or `query` for any SQL; repeatable",
      collect,
      [],
    )
    .option(
      "--source <name>",
      "a write key: only this source of POST /v1/events/{source}; repeatable",
      collect,
      [],
    )
    .option("--origin <origin>", "only for pages of this origin; repeatable", collectOrigin, [])
    .option("--fix <name=value>", "this parameter always has this value; repeatable", collectParam, {})
    .option(
      "--per-minute <n>",
      "requests a minute in one execution environment; 0 is no limit",
      parseRequests,
      1000,
    )
    .option("--expires <time>", "after so long, such as 12h or 30d", parseSpan)
    .option("--json", "one JSON document: id, key, name, kind")
    .option("--quiet", "only the key")
    .addHelpText("after", createExamples)
    .action(async (options: CreateOptions & { json?: boolean; quiet?: boolean }, command: Command) => {
      const wrong = contradiction(options);
      if (wrong) command.error(`error: ${wrong}`);
      const { createKey } = await import("./keys-store.ts");
      const { id, key } = await createKey(options);
      const { name, kind } = options;
      if (options.json) process.stdout.write(`${JSON.stringify({ id, key, name, kind })}\n`);
      else process.stdout.write(`${key}\n`);
      if (!options.json && !options.quiet)
        process.stderr.write(
          `The ${kind} key ${id} (${name}). It is not shown again; \`npx sluice keys revoke ${id}\` ends it.\n`,
        );
    });
  keys
    .command("list")
    .summary("the keys there are, and when each was last used")
    .description(
      "List the keys with what they may do and when they were last used. The keys themselves are not known.",
    )
    .option("--all", "revoked and expired ones too")
    .option("--json", "one JSON array")
    .addHelpText("after", listExamples)
    .action(async ({ all, json }: { all?: boolean; json?: boolean }) => {
      const { listKeys, renderKeys } = await import("./keys-store.ts");
      const found = await listKeys(all ?? false);
      process.stdout.write(json ? `${JSON.stringify(found)}\n` : renderKeys(found));
    });
  keys
    .command("revoke")
    .summary("end a key")
    .description("End a key. Functions refuse it within ten seconds.")
    .argument("<id>", "its id, as `keys list` shows it")
    .option("--json", "one JSON document: id, name, revoked_at")
    .addHelpText("after", revokeExamples)
    .action(async (id: string, { json }: { json?: boolean }) => {
      const { revokeKey } = await import("./keys-store.ts");
      const revoked = await revokeKey(id);
      process.stdout.write(json ? `${JSON.stringify(revoked)}\n` : `revoked ${id} (${revoked.name})\n`);
    });
}

const collect = (text: string, before: string[]) => [...before, text];

function collectOrigin(text: string, before: string[]): string[] {
  if (URL.canParse(text) && new URL(text).origin === text) return [...before, text];
  throw new InvalidArgumentError("It must be an origin such as https://www.example, without a path.");
}

function parseRequests(text: string): number {
  if (/^\d{1,9}$/.test(text)) return Number(text);
  throw new InvalidArgumentError("It must be a whole number from 0.");
}

const units: Record<string, number> = { m: 60, h: 3600, d: 86_400 };

function parseSpan(text: string): number {
  const [, count, unit] = /^([1-9]\d{0,4})([mhd])$/.exec(text) ?? [];
  if (count !== undefined && unit !== undefined) return Number(count) * (units[unit] ?? 0);
  throw new InvalidArgumentError("It must be a time such as 90m, 12h or 30d.");
}

/** What cannot be meant together. */
function contradiction({ name, kind, endpoint, source }: CreateOptions): string | undefined {
  if (name.trim() === "") return "--name must say what the key is for";
  if (kind === "read" && source.length > 0) return "--source is for write keys: add --kind write";
  if (kind === "write" && endpoint.length > 0) return "--endpoint is for read keys";
  return undefined;
}
