import { createClient } from "@clickhouse/client";
import { expect, inject, onTestFinished, test } from "vitest";
import type { HttpEvent } from "../../functions/lib/http-event.ts";
import { openKeys } from "../../functions/lib/keys.ts";
import { runSluice } from "../test/run-sluice.ts";

const { clickhouseUrl, passwords } = inject("services");

const sluice = (...args: string[]) => runSluice(["keys", ...args]);

/** What a function makes of a key now. */
async function tried(key: string, target?: string): Promise<unknown> {
  const client = createClient({ url: clickhouseUrl, username: "rmq", password: passwords.rmq });
  onTestFinished(() => client.close());
  const event = { headers: { authorization: `Bearer ${key}` } } as unknown as HttpEvent;
  const wanted = { kind: "read", ...(target !== undefined && { target }) } as const;
  return openKeys({ client, local: {} })
    .authorize(event, wanted)
    .then(
      (authorized) => authorized.key.fixed,
      (error) => error.status,
    );
}

test("a key is made, shown once, works, is listed without itself, and is ended", async () => {
  const scope = [
    "--endpoint",
    "chat_messages",
    "--fix",
    "username=ann",
    "--per-minute",
    "7",
    "--expires",
    "30d",
  ];
  const made = await sluice("create", "--name", "for a test", ...scope);
  const key = made.out.trim();
  expect(key).toMatch(/^sluice_read_[0-9a-f]{12}_/);
  expect(made.err).toContain("not shown again");
  expect(await tried(key, "chat_messages")).toEqual({ username: "ann" });
  expect(await tried(key, "shadow_types")).toBe(403);

  const id = key.split("_")[2] as string;
  const listed = await sluice("list", "--json");
  expect(listed.out).not.toContain(key.slice(-43));
  expect(JSON.parse(listed.out).find((one: { id: string }) => one.id === id)).toMatchObject({
    name: "for a test",
    kind: "read",
    endpoints: ["chat_messages"],
    fixed: { username: "ann" },
    per_minute: 7,
    expires_at: expect.stringMatching(/^20/),
    revoked_at: null,
    last_used_at: null,
    requests: 0,
  });
  expect((await sluice("list")).out).toMatch(
    new RegExp(`${id} +for a test +read +chat_messages username=ann +7 `),
  );

  expect(await sluice("revoke", id)).toMatchObject({ code: 0, out: `revoked ${id} (for a test)\n` });
  expect(await tried(key, "chat_messages")).toBe(401);
  expect((await sluice("list")).out).not.toContain(id);
  expect((await sluice("list", "--all")).out).toMatch(new RegExp(`${id} .*revoked 20`));
  expect(await sluice("revoke", id)).toMatchObject({
    code: 1,
    err: expect.stringContaining("was revoked at"),
  });
});

test("a key that could do nothing is not made, and no other is ended by mistake", async () => {
  expect(await sluice("create", "--name", "x", "--endpoint", "shadow_tpes")).toMatchObject({
    code: 1,
    out: "",
    err: expect.stringContaining("Did you mean shadow_types?"),
  });
  expect((await sluice("create", "--name", "x", "--fix", "organiser=1")).err).toContain(
    'parameter "organiser"',
  );
  expect((await sluice("revoke", "' OR 1=1 --")).err).toContain("There is no key");
});
