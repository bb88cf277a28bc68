import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { startStandalone } from "./standalone.ts";

const start = (content: string, endpoint = "http://127.0.0.1:1") => {
  const folder = mkdtempSync(join(tmpdir(), "standalone-"));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const config = join(folder, "config.yml");
  writeFileSync(config, content);
  const log = { notice: () => {}, warning: () => {}, error: () => {} };
  return startStandalone({ config, endpoint, log });
};
const kafka = (more: string) => `functions: { store: { events: [{ kafka: { ${more} } }] } }`;
const orders = 'topic: orders, bootstrapServers: "127.0.0.1:1"';

test.each([
  ["functions: [}", "config.yml is no YAML: "],
  ["Outputs: {}", "config.yml has neither functions, as serverless.yml, nor Resources"],
  ["functions: { idle: { handler: a.b } }", "config.yml has no kafka, msk or rabbitmq event."],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: the framework's variable.
  [kafka("topic: '${env:TOPIC}'"), "config.yml has variables: they need the framework"],
  [kafka(`${orders}, enabled: false`), "No mapping of "],
  [kafka(`${orders}, batchSize: 0`), "store: the kafka event on orders has batchSize 0"],
])("the file %j is refused, not polled for ever", async (content, reason) => {
  await expect(start(content)).rejects.toThrow(reason);
});

test("an endpoint that is no address is refused", async () => {
  await expect(start(kafka(orders), "127.0.0.1:3001")).rejects.toThrow(
    "The endpoint 127.0.0.1:3001 is no address",
  );
});
