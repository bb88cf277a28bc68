import { createHash, randomBytes } from "node:crypto";
import { mkdir, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { connect } from "amqplib";
import { installPackage, mayInstall } from "./debian.ts";
import { freePort } from "./ports.ts";
import { findProgram } from "./programs.ts";
import { type Launch, type Preparation, type Service, Unavailable } from "./service.ts";

/** RabbitMQ as one node with every path under SLUICE_HOME and a port mapper (epmd) of its own, on 127.0.0.1 only. */
export const rabbitmq: Service = {
  name: "rabbitmq",
  variable: "RABBITMQ_URL",
  ports: ["RABBITMQ_PORT"],
  secrets: ["RABBITMQ_DEFAULT_PASS"],
  address: (settings) => ({ url: settings.rabbitmqUrl }),
  missing: () =>
    findServer() || mayInstall()
      ? undefined
      : "RabbitMQ is not installed: `sudo apt-get install rabbitmq-server` (or `brew install rabbitmq`), or set RABBITMQ_URL",
  prepare,
  async probe(settings) {
    const connection = await connect(settings.rabbitmqUrl, { timeout: 2000 });
    await connection.close();
  },
  stopSeconds: 20,
};

// Debian's /usr/sbin/rabbitmq-server changes to its own user and folders: the script behind it does not.
const findServer = () => findProgram("rabbitmq-server", ["/usr/lib/rabbitmq/bin", "/opt/homebrew/sbin"]);

async function prepare(preparation: Preparation): Promise<Launch> {
  const { settings } = preparation;
  if (!findServer() && mayInstall())
    await installPackage(
      "rabbitmq-server",
      ["rabbitmq-server.service", "epmd.socket", "epmd.service"],
      preparation,
    );
  const server = findServer();
  const epmd = findProgram("epmd", ["/usr/lib/erlang/bin", "/opt/homebrew/opt/erlang/lib/erlang/bin"]);
  if (!server || !epmd)
    throw new Unavailable(rabbitmq.missing() ?? "epmd (part of Erlang) is not on the PATH");

  const home = join(settings.home, "rabbitmq");
  await mkdir(home, { recursive: true });
  const file = async (name: string, text: string) => {
    const path = join(home, name);
    await writeFile(path, text, { mode: 0o600 });
    return path;
  };
  const definitions = await file("definitions.json", JSON.stringify(user(settings.RABBITMQ_DEFAULT_PASS)));
  const config = await file("rabbitmq.conf", configuration(settings.RABBITMQ_PORT, definitions));
  const mapperPort = String(await freePort());
  return {
    // The mapper shares the server's process group, and the server keeps the process: `exec` all the way down to the Erlang VM.
    command: "/bin/sh",
    args: ["-c", '"$1" -port "$ERL_EPMD_PORT" -address 127.0.0.1 & exec "$2"', "rabbitmq", epmd, server],
    env: {
      HOME: home,
      PATH: `${dirname(epmd)}:${process.env.PATH}`,
      ERL_EPMD_PORT: mapperPort,
      ERL_EPMD_ADDRESS: "127.0.0.1",
      RABBITMQ_NODENAME: "sluice@localhost",
      RABBITMQ_DIST_PORT: String(await freePort()),
      RABBITMQ_CONF_ENV_FILE: await file("rabbitmq-env.conf", "# Debian's own settings are not ours.\n"),
      RABBITMQ_CONFIG_FILE: config,
      RABBITMQ_ADVANCED_CONFIG_FILE: join(home, "advanced.config"),
      RABBITMQ_ENABLED_PLUGINS_FILE: await file("enabled_plugins", "[].\n"),
      RABBITMQ_MNESIA_BASE: join(home, "data"),
      RABBITMQ_LOG_BASE: join(settings.home, "logs"),
      RABBITMQ_LOGS: "-",
      RABBITMQ_PID_FILE: join(home, "pid"),
      RABBITMQ_ALLOW_INPUT: "true",
      ERL_CRASH_DUMP: join(home, "erl_crash.dump"), // By default where `up` was run: in the project.
      RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS:
        "-noinput -start_epmd false -kernel inet_dist_use_interface {127,0,0,1}",
    },
  };
}

const configuration = (port: number, definitions: string) => `# Written at each start.
listeners.tcp.1 = 127.0.0.1:${port}
load_definitions = ${definitions}
log.console = true
log.console.level = info
`;

/** The user by its salted hash, read at every start: a changed password takes effect, and no file holds it. */
function user(password: string) {
  const salt = randomBytes(4);
  const hash = createHash("sha256").update(salt).update(password).digest();
  return {
    vhosts: [{ name: "/" }],
    users: [
      {
        name: "rmq",
        password_hash: Buffer.concat([salt, hash]).toString("base64"),
        hashing_algorithm: "rabbit_password_hashing_sha256",
        tags: "administrator",
      },
    ],
    permissions: [{ user: "rmq", vhost: "/", configure: ".*", write: ".*", read: ".*" }],
  };
}
