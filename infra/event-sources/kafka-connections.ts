import type { Admin, Consumer, Producer } from "@platformatic/kafka";

/**
 * A connection that breaks while it authenticates tells so twice, and its pool listens once: nobody hears the second
 * time, which would end the process. What failed is told to the caller anyway.
 */
export function keepListening<Client extends Admin | Consumer | Producer>(client: Client): Client {
  client.connections.on("connecting", ({ connection }) => connection?.on("error", () => {}));
  return client;
}
