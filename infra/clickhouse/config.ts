import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { inputRole, roleOf, users } from "./users.ts";

/**
 * Settings that read or write files of the machine, reach over the network or bring in other languages. In a server they are
 * confined to its own folders; the embedded engine does not confine them, so nobody may set them.
 */
export const lockedSettings = [
  "allow_experimental_eval_table_function",
  "dialect",
  "format_avro_schema_registry_url",
  "format_schema",
  "format_schema_source",
  "format_template_resultset",
  "format_template_row",
  "implicit_table_at_top_level",
  "input_format_record_errors_file_path",
  "output_format_schema",
  "parallel_replicas_custom_key",
  "polyglot_dialect",
  "rename_files_after_processing",
  "url_base",
];

/** Where the engine's default is for larger machines and results: formatting in threads costs a small SELECT a fifth of its time. */
const ownDefaults = { output_format_parallel_formatting: 0 };

const tag = (name: string, ...inner: string[]) => `<${name}>${inner.join("")}</${name}>`;
const grants = (lines: readonly string[], exceptions: readonly string[] = []) =>
  tag(
    "grants",
    ...lines.map((line) => tag("query", `GRANT ${line}`)),
    ...exceptions.map((line) => tag("query", `REVOKE ${line}`)),
  );

/** Every connection of the embedded engine is `default`: it holds all roles, and each statement runs under one of them. */
function usersXml(): string {
  const roles = users.map((user) => tag(roleOf(user), grants(user.grants, user.revokes)));
  const input = tag(inputRole, grants(["READ ON FILE", "CREATE TEMPORARY TABLE ON *.*"]));
  const held = [...users.map(roleOf), inputRole];
  const defaults = Object.entries(ownDefaults).map(([name, value]) => tag(name, String(value)));
  const locked = lockedSettings.map((name) => tag(name, "<const/>"));
  return tag(
    "clickhouse",
    tag("profiles", tag("default", ...defaults, tag("constraints", ...locked))),
    tag("roles", ...roles, input),
    tag(
      "users",
      tag(
        "default",
        "<password/><profile>default</profile><quota>default</quota><networks><ip>::/0</ip></networks>",
        grants(held),
      ),
    ),
    "<quotas><default/></quotas>",
  );
}

const xml = (text: string) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;");

const tiers = ["cold", "archive"];

/** The folders parts can lie in, the one every table begins on first. */
export const diskNames = ["store", ...tiers];

/**
 * The policy `tiered`: new parts on the disk every table begins on (a table that has parts already may take the policy, for its own
 * volume is in it), older ones moved by a table's TTL to the volumes `cold` and `archive`. Elsewhere these are larger, slower disks or S3.
 */
function storage(directory: string): string {
  const disks = tiers.map((name) => tag(name, tag("path", xml(join(directory, name, "/")))));
  const volumes = ["default", ...tiers].map((name) => tag(name, tag("disk", name)));
  return tag(
    "storage_configuration",
    tag("disks", ...disks),
    tag("policies", tag("tiered", tag("volumes", ...volumes))),
  );
}

/**
 * Writes the engine's configuration beside its data and answers the arguments of every connection. Parameters are set by SQL, so
 * the engine takes long statements; the limit on the client's own statement is kept by the server (guard.ts).
 */
export function writeConfig(directory: string, memoryLimit: number): string[] {
  const [main, accounts] = [join(directory, "config.xml"), join(directory, "users.xml")];
  const server = [
    tag("users_config", accounts),
    tag("max_server_memory_usage", String(memoryLimit)),
    tag("tmp_path", join(directory, "tmp", "/")),
    storage(directory),
  ];
  writeFileSync(main, `${tag("clickhouse", ...server)}\n`);
  writeFileSync(accounts, `${usersXml()}\n`);
  return [`--config-file=${main}`, "--implicit_select=0", `--max_query_size=${2 ** 30}`];
}
