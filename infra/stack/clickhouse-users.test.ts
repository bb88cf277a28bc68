import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { users } from "../clickhouse/users.ts";

const xml = readFileSync(new URL("clickhouse-users.xml", import.meta.url), "utf8");
const reader = users.find(({ name }) => name === "reader");

test("a server in a container holds reader to the limits of the local one, and lets no query lift them", () => {
  const [profile = ""] = /<profiles>[\s\S]*<\/profiles>/.exec(xml) ?? [];
  expect(Object.keys(reader?.limits ?? {}).length).toBeGreaterThan(4);
  for (const [name, most] of Object.entries(reader?.limits ?? {})) {
    expect(profile).toContain(`<${name}>${most}</${name}>`);
    expect(profile).toContain(`<${name}><min>1</min><max>${most}</max></${name}>`);
  }
  expect(/<reader>\s*<password[\s\S]*?<\/reader>/.exec(xml)?.[0]).toContain("<profile>reader</profile>");
});

test("what is taken back from a local user is taken back there", () => {
  for (const user of users)
    for (const line of user.revokes ?? []) expect(xml).toContain(`<query>REVOKE ${line}</query>`);
});
