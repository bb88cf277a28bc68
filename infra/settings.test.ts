import { expect, it } from "vitest";
import { loadSettings, SettingsError } from "./settings.ts";

it("has every service on its usual port of this machine when nothing is set", () => {
  const settings = loadSettings({ RABBITMQ_DEFAULT_PASS: "p@ss/word" });
  expect(settings.clickhouseUrl).toBe("http://127.0.0.1:8123");
  expect(settings.brokers).toEqual(["127.0.0.1:9092"]);
  expect(settings.rabbitmqUrl).toBe("amqp://rmq:p%40ss%2Fword@127.0.0.1:5672");
  expect(settings.home).toMatch(/\/\.sluice$/);
});

it("takes a given service as it is, whatever the ports say", () => {
  const settings = loadSettings({ KAFKA_BROKERS: "b1:9092, b2:9092", KAFKA_PORT: "17000" });
  expect(settings.brokers).toEqual(["b1:9092", "b2:9092"]);
});

it("reads an empty value as one that is not set", () => {
  expect(loadSettings({ CLICKHOUSE_URL: "", KAFKA_PORT: "" })).toMatchObject({ KAFKA_PORT: 9092 });
});

it.each(["abc", "0", "65536", "80.5", "1e3", "-1"])(
  "refuses the port %s by the name of its variable",
  (port) => {
    expect(() => loadSettings({ RABBITMQ_PORT: port })).toThrow(SettingsError);
    expect(() => loadSettings({ RABBITMQ_PORT: port })).toThrow(/RABBITMQ_PORT: it must be a port/);
  },
);
