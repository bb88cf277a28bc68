import { type ChannelModel, connect, type RecoveringChannelModel } from "amqplib";

/** The fanout exchange every chat message goes through; `infra/stack/topology.ts` declares it. */
export const chatExchange = "chat";

/** What a person may say on the command line instead of in RABBITMQ_URL. */
export interface Address {
  host?: string;
  port?: number;
  rmqUsername?: string;
  rmqPassword?: string;
}

/** The settings' URL, with what was given on the command line in its place. */
export function rabbitmqUrl(base: string, { host, port, rmqUsername, rmqPassword }: Address): string {
  const url = new URL(base);
  if (host !== undefined) url.hostname = host.includes(":") ? `[${host}]` : host;
  if (port !== undefined) url.port = String(port);
  if (rmqUsername !== undefined) url.username = encodeURIComponent(rmqUsername);
  if (rmqPassword !== undefined) url.password = encodeURIComponent(rmqPassword);
  return url.href;
}

export interface ConnectOptions {
  /** Runs on each new connection, before it counts as one. */
  setup: (connection: ChannelModel) => Promise<void>;
  /** Go on connecting for ever once a first connection was there. The first failure of all is always an error. */
  reconnect: boolean;
  /** A connection that was there is lost, and will not come back unless `reconnect`. */
  onLost: (error: Error) => void;
  onBack?: () => void;
}

/** @throws Error, one sentence: where, what is wrong, what to do. */
export async function connectRabbitMQ(url: string, options: ConnectOptions): Promise<RecoveringChannelModel> {
  const connection = await connect(withHeartbeat(url), {
    timeout: 5000,
    noDelay: true,
    recovery: {
      initialMaxRetries: 0,
      maxRetries: options.reconnect ? Number.POSITIVE_INFINITY : 0,
      initialDelay: 100,
      maxDelay: 2000,
      setup: options.setup,
    },
  }).catch((error) => {
    throw explain(error, url);
  });
  connection.on("error", () => undefined); // "disconnect" follows with the same reason
  connection.on("disconnect", (error) => options.onLost(lost(error, url)));
  connection.on("connect", () => options.onBack?.());
  return connection;
}

/** Resolves within seconds: amqplib's own close never does when the connection breaks while it waits for the answer. */
export async function closeRabbitMQ(connection: RecoveringChannelModel): Promise<void> {
  const { promise: outOfTime, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, 2000);
  await Promise.race([connection.close().catch(() => undefined), outOfTime]);
  clearTimeout(timer);
}

function withHeartbeat(url: string): string {
  const given = new URL(url);
  if (!given.searchParams.has("heartbeat")) given.searchParams.set("heartbeat", "10");
  return given.href;
}

function lost(error: Error & { code?: unknown }, url: string): Error {
  return new Error(`Lost RabbitMQ at ${place(url)} (${error.code ?? error.message}).`, { cause: error });
}

function place(url: string): string {
  const { hostname, port } = new URL(url);
  return `${hostname}:${port || 5672}`;
}

/** amqplib's errors in the words of whoever has to act on them. Never shows the password. */
function explain(error: Error & { code?: unknown }, url: string): Error {
  const { username } = new URL(url);
  const where = `RabbitMQ at ${place(url)}`;
  const said = (sentence: string) => new Error(sentence, { cause: error });
  if (/ACCESS.REFUSED/.test(error.message)) {
    return said(
      `${where} refuses user ${decodeURIComponent(username)}: wrong name or password (--rmq-username, --rmq-password, or RABBITMQ_URL and RABBITMQ_DEFAULT_PASS in the environment or .env).`,
    );
  }
  const missing = /NOT.FOUND - no exchange '([^']+)'/.exec(error.message);
  if (missing) {
    return said(`${where} has no exchange "${missing[1]}": run \`npx sluice up\`, which declares it.`);
  }
  if (/ConnectionOpenOk/.test(error.message)) {
    const vhost = decodeURIComponent(new URL(url).pathname.slice(1)) || "/";
    return said(
      `${where} has no virtual host "${vhost}" for user ${decodeURIComponent(username)} (RABBITMQ_URL).`,
    );
  }
  if (error.message === "connect ETIMEDOUT" || typeof error.code === "string") {
    return said(
      `${where} does not answer (${error.code ?? "ETIMEDOUT"}): start it with \`npx sluice up\`, or say where it is (--host, --port or RABBITMQ_URL).`,
    );
  }
  return said(`${where}: ${error.message || "connection closed"}`);
}
