import type { Connection } from "./addon.ts";
import { type Engine, tagSetting } from "./engine.ts";
import { valuesExpressions } from "./guard.ts";
import type { Ask } from "./request.ts";
import { identifier, literal } from "./sql.ts";
import { inputRole, roleOf } from "./users.ts";

const assign = ([name, value]: readonly [string, string]) => `${identifier(name)} = ${literal(value)}`;
const set = (pairs: readonly (readonly [string, string])[]) => `SET ${pairs.map(assign).join(", ")}`;

/** A limit as asked for where that is less than the most; 0 would be none. */
function within(name: string, most: number, asked: string | undefined): readonly [string, string] {
  const value = Number(asked);
  return [name, String(value > 0 && value < most ? value : most)];
}

/** What is put before a statement in the same call: role, database, and one SET (each costs the engine a tenth of a millisecond). */
export function prelude(
  ask: Ask,
  tag: string,
  options: { input?: boolean; valuesExpressions?: boolean },
): string {
  const { user, settings } = ask;
  const { limits = {} } = user;
  const roles = user.trusted ? ask.roles : [roleOf(user), ...(options.input ? [inputRole] : [])];
  const readonly = settings.get("readonly");
  const parts = [
    ...(roles.length ? [`SET ROLE ${roles.map(identifier).join(", ")}`] : []),
    ...(ask.database ? [`USE ${identifier(ask.database)}`] : []),
    set([
      ...[...settings].filter(
        ([name]) => name !== "readonly" && name !== "max_query_size" && !Object.hasOwn(limits, name),
      ),
      ...Object.entries(limits).map(([name, most]) => within(name, most, settings.get(name))),
      [tagSetting, tag],
      ...(user.trusted || options.valuesExpressions
        ? []
        : valuesExpressions.map((name) => [name, "0"] as const)),
      ...(readonly ? [["readonly", readonly] as const] : []),
      ...[...ask.params].map(([name, value]) => [`param_${name}`, value] as const),
    ]),
  ];
  return `${parts.join("; ")}; `;
}

/**
 * URL settings and the database of a request hold for that request, also in a session: answers the SQL that puts the
 * connection back to where it was. `readonly` cannot be put back; a session keeps it.
 */
export async function undo(engine: Engine, connection: Connection, ask: Ask): Promise<string> {
  const names = [...ask.settings.keys(), tagSetting].filter((name) => name !== "readonly");
  const list = names.map(literal).join(", ");
  const sql = `SELECT name, value, changed, currentDatabase() FROM system.settings WHERE name IN (${list})`;
  const { bytes } = await engine.run(connection, sql, "JSONCompact");
  const { data }: { data: [string, string, number, string][] } = JSON.parse(Buffer.from(bytes).toString());
  const old = data.map(
    ([name, value, changed]) => `${identifier(name)} = ${changed ? literal(value) : "DEFAULT"}`,
  );
  const database = data[0]?.[3];
  return `SET ${old.join(", ")};${database ? ` USE ${identifier(database)}` : ""}`;
}
