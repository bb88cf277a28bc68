import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer as createHttpServer } from "node:http";
import { type AddressInfo, createConnection } from "node:net";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, beforeAll, describe, expect, inject, test } from "vitest";
import {
  type FixtureTopic,
  kafkaProbe,
  offsetsOf,
  rabbitMQProbe,
  range,
  recordsOf,
} from "./fixture-brokers.ts";
import { FixtureKafka, user } from "./fixture-kafka.ts";
import { type FixtureFunction, FixtureService } from "./fixture-service.ts";

const { rabbitmqUrl } = inject("services");
const arnOf = (name: string) => `arn:aws:secretsmanager:us-east-1:000000000000:secret:${name}`;
const portOf = (server: { address(): unknown }) => (server.address() as AddressInfo).port;

/** Secrets Manager, with one secret. */
const secretsManager = createHttpServer(async (request, response) => {
  let body = "";
  for await (const chunk of request) body += chunk;
  const known =
    request.headers["x-amz-target"] === "secretsmanager.GetSecretValue" && body.includes("stored");
  const refusal = body.includes("absent") ? '{"__type": "ResourceNotFoundException"}' : "unknown";
  response
    .writeHead(known ? 200 : 400)
    .end(known ? JSON.stringify({ SecretString: JSON.stringify(user) }) : refusal);
}).listen(0, "127.0.0.1");
await once(secretsManager, "listening");

const kafka = new FixtureKafka();
let service: FixtureService | undefined;
let probes: Record<string, { topic: FixtureTopic; probe: FixtureFunction }>;
let amqps: ReturnType<typeof rabbitMQProbe> | undefined;

beforeAll(async () => {
  await kafka.create();
  const read = (name: Parameters<typeof kafka.path>[0]) => readFileSync(kafka.path(name), "utf8");
  // A TLS listener in front of the broker there is.
  const { hostname, port } = new URL(rabbitmqUrl);
  const tls = createTlsServer({ key: read("server.key"), cert: read("server.crt") }, (socket) => {
    const broker = createConnection(Number(port || 5672), hostname);
    socket.on("error", () => {}).on("close", () => broker.destroy());
    broker.on("error", () => {}).on("close", () => socket.destroy());
    socket.pipe(broker).pipe(socket);
  }).listen(0, "127.0.0.1");
  await once(tls, "listening");
  tls.unref();
  const amqpsUrl = Object.assign(new URL(rabbitmqUrl), { protocol: "amqps:", port: `${portOf(tls)}` }).href;
  const own = new FixtureService({
    env: {
      AWS_ENDPOINT_URL_SECRETS_MANAGER: `http://127.0.0.1:${portOf(secretsManager)}`,
      RABBITMQ_URL: amqpsUrl.replace("amqp:", "amqps:"),
      NODE_EXTRA_CA_CERTS: kafka.path("ca.crt"),
    },
    custom: {
      eventSources: {
        endpoints: {
          "plain:9092": kafka.plain,
          "sasl:9096": kafka.sasl,
          "tls:9094": `tls://${kafka.tls}`,
          [secretOfRabbitMQ]: "http://127.0.0.1:1",
        },
        secrets: {
          [arnOf("given")]: user,
          [arnOf("wrong")]: { ...user, password: "wrong" },
          [arnOf("client")]: { certificate: read("client.crt"), privateKey: read("client.key") },
          [arnOf("authority")]: { certificate: read("ca.crt") },
          [secretOfRabbitMQ]: {
            username: new URL(rabbitmqUrl).username || "guest",
            password: new URL(rabbitmqUrl).password || "guest",
          },
        },
      },
    },
  });
  const create = (server: string, accessConfigurations: Record<string, string>) =>
    kafkaProbe(own, [kafka.plain], { event: { bootstrapServers: [server], accessConfigurations } });
  probes = {
    plain: create("sasl:9096", { saslPlainAuth: arnOf("given") }),
    scram256: create("sasl:9096", { saslScram256Auth: arnOf("given") }),
    scram512: create("sasl:9096", { saslScram512Auth: arnOf("stored") }),
    tls: create("tls:9094", {
      clientCertificateTlsAuth: arnOf("client"),
      serverRootCaCertificate: arnOf("authority"),
    }),
    wrong: create("sasl:9096", { saslScram512Auth: arnOf("wrong") }),
    absent: create("plain:9092", { saslScram512Auth: arnOf("absent") }),
    unknown: create("sasl:9096", { saslScram512Auth: arnOf("nowhere") }),
  };
  amqps = rabbitMQProbe(own, rabbitmqUrl, { event: { basicAuthArn: secretOfRabbitMQ } });
  service = await own.start();
});

const secretOfRabbitMQ = arnOf("rabbitmq");

afterAll(async () => {
  await service?.[Symbol.asyncDispose]();
  await kafka[Symbol.asyncDispose]();
  await amqps?.queue[Symbol.asyncDispose]();
  secretsManager.close();
});

const count = (probe: FixtureFunction) => recordsOf(probe.notes()).flat().length;

describe("a mapping", () => {
  test.each([
    ["saslPlainAuth", "plain"],
    ["saslScram256Auth", "scram256"],
    ["saslScram512Auth with a secret of Secrets Manager", "scram512"],
    ["a secret that Secrets Manager does not have, on a broker that wants none", "absent"],
    ["clientCertificateTlsAuth and serverRootCaCertificate", "tls"],
  ])("with %s polls", async (_, name) => {
    const { topic, probe } = probes[name] as (typeof probes)[string];
    await topic.produceNumbers(1);
    await probe.until("1 record", () => count(probe) === 1);
  });

  test("with a wrong password says so and keeps trying", async () => {
    const { probe } = probes.wrong as (typeof probes)[string];
    await probe.until("the refusal", () => probe.status()?.error !== undefined);
    expect(probe.status()).toMatchObject({
      state: "retrying",
      error: expect.stringMatching(/authentication/i),
    });
  });

  test("with a secret that cannot be had does not run, and says which", async () => {
    const { probe } = probes.unknown as (typeof probes)[string];
    expect(probe.status()).toMatchObject({
      state: "stopped",
      error: expect.stringContaining("answered 400: unknown"),
    });
  });

  test("reaches RabbitMQ over TLS", async () => {
    const { queue, probe } = amqps as NonNullable<typeof amqps>;
    await queue.publishNumbers(1);
    await probe.until("1 message", () => probe.notes().length === 1);
  });
});

test("a broker that is killed is waited for: nothing is lost, the order is kept, one line each time", async () => {
  const { topic, probe } = probes.scram512 as (typeof probes)[string];
  await kafka.kill();
  await probe.until("the warning", () => probe.lines().some((line) => line.includes("retrying")));
  await kafka.start();
  await topic.produceNumbers(20, 1);
  await probe.until("20 records", () => count(probe) >= 21);
  expect([...new Set(offsetsOf(probe.notes()).flat())]).toEqual(range(0, 21));
  await expect.poll(() => topic.committed(), { timeout: 20_000 }).toBe(21);
  expect(probe.lines().map((line) => line.split(topic.name)[1]?.slice(0, 8))).toEqual([
    " polling",
    " retryin",
    " polling",
  ]);
});
