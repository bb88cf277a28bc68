import { tmpdir } from "node:os";
import { expect, test } from "vitest";
import { readMappings } from "./definition.ts";
import { Engine } from "./engine.ts";
import { readSettings } from "./settings.ts";

test("a chosen mapping that does not exist is refused, naming those that do", async () => {
  const rabbitmq = { queue: "chat", arn: "arn:mq", basicAuthArn: "arn:secret" };
  const engine = new Engine({
    mappings: readMappings({
      service: "shop",
      stage: "dev",
      functions: { store: { events: [{ rabbitmq }] } },
    }),
    settings: readSettings({}),
    folder: tmpdir(),
    only: ["stroe"],
    invoke: async () => ({ payload: null }),
    functionArn: (functionKey) => functionKey,
    reset: false,
    pausable: false,
    threads: true,
    log: { notice() {}, warning() {}, error() {} },
  });
  await expect(engine.start()).rejects.toThrow(
    "There is no mapping stroe; there are store:chat, also by function alone.",
  );
});
