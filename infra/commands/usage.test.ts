import { Command, type CommanderError } from "commander";
import { describe, expect, it } from "vitest";
import { register as registerAsk } from "./ask.ts";
import { register as registerChat } from "./chat.ts";
import { register as registerCommits } from "./commits.ts";
import { register as registerKeys } from "./keys.ts";
import { register as registerQuarantine } from "./quarantine.ts";
import { register as registerRatings } from "./ratings.ts";
import { register as registerSql } from "./sql.ts";

/** What commander says to a wrong command line; every one of these ends the process with 2 (see cli.it.test.ts). */
async function complaint(...args: string[]): Promise<string> {
  let said = "";
  const program = new Command("sluice")
    .exitOverride()
    .configureOutput({ writeErr: (text) => (said += text), writeOut: (text) => (said += text) });
  const all = [
    registerAsk,
    registerChat,
    registerCommits,
    registerKeys,
    registerQuarantine,
    registerRatings,
    registerSql,
  ];
  for (const register of all) register(program);
  const error = await program.parseAsync(args, { from: "user" }).catch((thrown: CommanderError) => thrown);
  expect(error).toMatchObject({
    name: expect.stringMatching(/CommanderError|InvalidArgumentError/),
    exitCode: 1,
  });
  return said;
}

describe("a wrong command line", () => {
  it.each([
    ["chat send --bot --rate -1", /--rate.*-1.*number per second/],
    ["chat send --bot --rate fast", /--rate.*fast/],
    ["chat send --bot --count 0", /--count.*from 1/],
    ["chat send --bot --count 1.5", /--count.*whole number/],
    ["chat send --bot --port 70000", /--port.*65535/],
    ["chat send --bot --message hi", /--message.*cannot be used with.*--bot/],
    ["chat send --username ann", /--username NAME --message TEXT/],
    ["chat send --message hi", /--username NAME --message TEXT/],
    ["chat send --usrname ann --message hi", /Did you mean --username/],
    ["chat snd", /Did you mean send/],
    ["chat watch --mode fancy", /--mode.*rich, plain/],
    ["chat watch --mode rich --json", /--mode.*cannot be used with.*--json/],
    ["ratings send --seed -3", /--seed.*whole number/],
    ["ratings print --to 0", /--to.*from 1/],
    ["ratings print --to 99999999999", /--to.*10000000/],
    ["commits send --source github", /--source github needs --repo OWNER\/NAME/],
    ["commits send --source gitlab", /--source.*fake, github/],
    ["commits send --since yesterday", /--since .*2026-01-31/],
    ["commits send --github-url ftp://x", /--github-url .*http/],
    ["commits send --repo tea", /--repo.*OWNER\/NAME/],
    ["quarantine list --limit 0", /--limit/],
    ["quarantine show", /missing required argument 'id'/],
    ["keys create", /--name/],
    ["keys create --name x --kind admin", /--kind.*read, write/],
    ["keys create --name x --source web", /--kind write/],
    ["keys create --name x --kind write --endpoint shadow_types", /--endpoint is for read keys/],
    ["keys create --name x --origin www.example", /--origin.*https/],
    ["keys create --name x --per-minute -1", /--per-minute.*from 0/],
    ["keys create --name x --expires soon", /--expires.*30d/],
    ["keys revoke", /missing required argument 'id'/],
    ["sql", /missing required argument 'query'/],
    ["sql x --param novalue", /NAME=VALUE/],
    ["ask shadow_types --param =x", /NAME=VALUE/],
    ["ask one two", /too many arguments/],
  ])("%s is refused with the reason", async (line, reason) => {
    expect(await complaint(...line.split(" "))).toMatch(reason);
  });

  it("is an empty user name, and an empty query", async () => {
    expect(await complaint("chat", "send", "--bot", "--username", "")).toContain("--username NAME");
    expect(await complaint("sql", " ")).toContain("the query is empty");
  });
});
