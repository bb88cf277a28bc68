import { spawn } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { json, text } from "node:stream/consumers";
import { connect } from "amqplib";
import { expect, inject, onTestFinished, test } from "vitest";
import { projectRoot } from "../settings.ts";
import "../test/services.ts";

const { rabbitmqUrl } = inject("services");

const run = (config: string, endpoint: string) =>
  spawn(
    process.execPath,
    [join(projectRoot, "infra/sluice.js"), "mappings", "run", "--config", config, "--endpoint", endpoint],
    { env: { ...process.env, RABBITMQ_URL: rabbitmqUrl }, stdio: ["ignore", "ignore", "pipe"] },
  );

test("messages of a queue reach the function of a template at any Lambda endpoint, and Ctrl-C returns the rest", async () => {
  const queue = `mappings.${randomUUID()}`;
  const connection = await connect(rabbitmqUrl);
  const channel = await connection.createConfirmChannel();
  await channel.assertQueue(queue);
  const invoked: { path: string | undefined; event: unknown }[] = [];
  const lambda = createServer(async (request, response) => {
    invoked.push({ path: request.url, event: await json(request) });
    response.end("null");
  });
  await once(lambda.listen(0, "127.0.0.1"), "listening");
  const folder = mkdtempSync(join(tmpdir(), "mappings-"));
  onTestFinished(async () => {
    await channel.deleteQueue(queue);
    await connection.close();
    lambda.close();
    rmSync(folder, { recursive: true });
  });
  const template = {
    Resources: {
      IndexLambdaFunction: {
        Type: "AWS::Lambda::Function",
        Properties: { FunctionName: "shop-index", Timeout: 6 },
      },
      IndexMapping: {
        Type: "AWS::Lambda::EventSourceMapping",
        Properties: {
          FunctionName: { "Fn::GetAtt": ["IndexLambdaFunction", "Arn"] },
          EventSourceArn: "arn:aws:mq:eu-central-1:000000000000:broker:shop:b-1",
          Queues: [queue],
          SourceAccessConfigurations: [
            { Type: "BASIC_AUTH", URI: "arn:aws:secretsmanager:eu-central-1:000000000000:secret:s" },
          ],
        },
      },
    },
  };
  writeFileSync(join(folder, "template.json"), JSON.stringify(template));
  channel.sendToQueue(queue, Buffer.from("hi"), { messageId: "m1" });
  await channel.waitForConfirms();
  const { port } = lambda.address() as AddressInfo;
  const runner = run(join(folder, "template.json"), `http://127.0.0.1:${port}`);
  await expect.poll(() => invoked, { timeout: 20_000 }).toHaveLength(1);
  expect(invoked[0]).toMatchObject({
    path: "/2015-03-31/functions/shop-index/invocations",
    event: { rmqMessagesByQueue: { [`${queue}::/`]: [{ data: Buffer.from("hi").toString("base64") }] } },
  });
  await expect.poll(async () => (await channel.checkQueue(queue)).messageCount).toBe(0);
  runner.kill("SIGINT");
  expect(await once(runner, "exit")).toEqual([130, null]);
  expect((await channel.checkQueue(queue)).consumerCount).toBe(0);
});

test("a file without functions ends it with 1 and says what is missing", async () => {
  const runner = run(join(projectRoot, "tsconfig.json"), "http://127.0.0.1:1");
  const [said, [code]] = await Promise.all([text(runner.stderr), once(runner, "exit")]);
  expect({ code, said }).toEqual({ code: 1, said: expect.stringContaining("has neither functions") });
});
