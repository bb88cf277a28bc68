import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { Admin } from "@platformatic/kafka";
import { expect, test } from "vitest";
import { keepListening } from "./kafka-connections.ts";

test("a broker that resets the connection while a client authenticates fails the request, not the process", async () => {
  const broker = createServer((socket) =>
    socket.on("error", () => {}).once("data", () => socket.resetAndDestroy()),
  );
  await once(broker.listen(0, "127.0.0.1"), "listening");
  const { port } = broker.address() as AddressInfo;
  const uncaught: Error[] = [];
  const note = (error: Error) => uncaught.push(error);
  const others = process.rawListeners("uncaughtException");
  process.removeAllListeners("uncaughtException").on("uncaughtException", note);
  const sasl = { mechanism: "PLAIN", username: "u", password: "p" } as const;
  const admin = keepListening(
    new Admin({ clientId: "test", bootstrapBrokers: [`127.0.0.1:${port}`], retries: 0, sasl }),
  );
  await expect(admin.listTopics()).rejects.toThrow();
  await admin.close();
  await once(broker.close(), "close");
  // The second time comes with the end of the socket.
  await sleep(50);
  process.off("uncaughtException", note);
  for (const other of others) process.on("uncaughtException", other as NodeJS.UncaughtExceptionListener);
  expect(uncaught).toEqual([]);
});
