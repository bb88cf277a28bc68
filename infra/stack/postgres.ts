import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, readlinkSync, statSync } from "node:fs";
import { chmod, chown, mkdir, rename, rm, symlink, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { Client } from "pg";
import { localDatabase, type Settings } from "../settings.ts";
import { startedAt } from "./alive.ts";
import { installPackage, mayInstall } from "./debian.ts";
import { plainUser } from "./plain-user.ts";
import { findProgram } from "./programs.ts";
import { run } from "./run.ts";
import { type Launch, type Preparation, type Service, Unavailable } from "./service.ts";

/** PostgreSQL with a logical WAL, on 127.0.0.1 only; passwords by SCRAM, and no socket in the file system. */
export const postgres: Service = {
  name: "postgres",
  variable: "POSTGRES_URL",
  ports: ["POSTGRES_PORT"],
  secrets: ["POSTGRES_PASSWORD", "POSTGRES_REPLICATION_PASSWORD"],
  address: (settings) => ({ url: settings.postgresUrl }),
  missing: () =>
    findServer() || mayInstall()
      ? undefined
      : "PostgreSQL is not installed: `sudo apt-get install postgresql` (or `brew install postgresql@17`), or set POSTGRES_URL",
  prepare,
  async probe(settings) {
    const client = openClient(settings.postgresUrl);
    try {
      await client.connect();
      await client.query("SELECT 1");
    } catch (error) {
      // Ours answers, and its database is about to be made.
      if (isGiven(settings) || (error as { code?: string }).code !== "3D000") throw error;
    } finally {
      await client.end().catch(() => {});
    }
  },
  stopSignal: "SIGINT", // A fast shutdown: SIGTERM would wait for every client to go.
  stopSeconds: 15,
  async clean(settings) {
    await rm(elsewhere(settings), { recursive: true, force: true });
  },
};

/** Newest first, where Debian and Homebrew put it; `postgres` and `initdb` lie side by side. */
function findServer(): { server: string; initdb: string } | undefined {
  const versions = existsSync(debian) ? readdirSync(debian).sort((a, b) => Number(b) - Number(a)) : [];
  const brewed = ["18", "17", "16", "15", "14"].map(
    (version) => `/opt/homebrew/opt/postgresql@${version}/bin`,
  );
  const folders = [...versions.map((version) => join(debian, version, "bin")), ...brewed];
  const server = findProgram("postgres", folders);
  const initdb = findProgram("initdb", folders);
  return server && initdb ? { server, initdb } : undefined;
}

const debian = "/usr/lib/postgresql";

async function prepare(preparation: Preparation): Promise<Launch> {
  const { settings } = preparation;
  if (!findServer() && mayInstall()) await installPackage("postgresql", ["postgresql.service"], preparation);
  const found = findServer();
  if (!found)
    throw new Unavailable(postgres.missing() ?? "PostgreSQL's programs are not where they are expected");
  const user = plainUser();
  const data = await dataFolder(settings, user);
  const as = { cwd: data, env: { LC_ALL: "C.UTF-8" }, ...(user && { user }) };
  if (!existsSync(join(data, "pg", "PG_VERSION"))) await initialise(found.initdb, data, as, preparation);
  await clearLock(join(data, "pg"));
  const options = { ...configuration, port: String(settings.POSTGRES_PORT) };
  const flags = Object.entries(options).flatMap(([name, value]) => ["-c", `${name}=${value}`]);
  return { ...as, command: found.server, args: ["-D", join(data, "pg"), ...flags] };
}

const configuration = {
  listen_addresses: "127.0.0.1",
  unix_socket_directories: "",
  wal_level: "logical",
  max_replication_slots: "8",
  max_wal_senders: "8",
  // A slot nobody reads keeps WAL: up to here, then it is given up, and `cdc status` says so.
  max_slot_wal_keep_size: "4GB",
  password_encryption: "scram-sha-256",
  // A laptop's share.
  shared_buffers: "64MB",
  max_connections: "50",
  jit: "off",
  timezone: "UTC",
  log_timezone: "UTC",
};

/**
 * Takes away the lock of a server that was killed. Postgres does so itself, unless its number is taken: by another program, or by
 * its own remains that nobody has asked about yet. Its other processes end by themselves, and are waited for.
 */
async function clearLock(folder: string): Promise<void> {
  const file = join(folder, "postmaster.pid");
  const pid = existsSync(file) ? Number.parseInt(readFileSync(file, "utf8"), 10) : undefined;
  if (pid === undefined || startedAt(pid) !== undefined) return;
  for (let tries = 0; tries < 100 && isInUse(folder); tries++) await sleep(50);
  if (!isInUse(folder)) await rm(file, { force: true });
}

/** Whether a process works in the folder, as every one of Postgres does (Linux). */
const isInUse = (folder: string): boolean =>
  process.platform === "linux" &&
  readdirSync("/proc").some((name) => {
    try {
      return /^\d+$/.test(name) && readlinkSync(`/proc/${name}/cwd`) === folder;
    } catch {
      return false;
    }
  });

/** Made aside and renamed when complete: an interrupted one is never taken for a cluster. */
async function initialise(
  initdb: string,
  data: string,
  as: Pick<Launch, "cwd" | "env" | "user">,
  preparation: Preparation,
): Promise<void> {
  const [partial, secret] = [join(data, "partial"), join(data, "secret")];
  await rm(partial, { recursive: true, force: true });
  try {
    await writeFile(secret, preparation.settings.POSTGRES_PASSWORD, { mode: 0o600 });
    if (as.user) await chown(secret, as.user.uid, as.user.gid);
    const options = ["--auth=scram-sha-256", "--username=postgres", `--pwfile=${secret}`, "--encoding=UTF8"];
    const args = ["-D", partial, ...options, "--locale=C.UTF-8", "--no-sync"];
    await run({ ...as, command: initdb, args }, preparation, { name: "postgres" });
  } finally {
    await rm(secret, { force: true });
  }
  await rename(partial, join(data, "pg"));
}

/** `<home>/postgres`; as root a link from there to where a plain user can get, when the home lies in a closed folder. */
async function dataFolder(settings: Settings, user: ReturnType<typeof plainUser>): Promise<string> {
  const own = join(settings.home, "postgres");
  const folder = user && !isOpen(settings.home) ? elsewhere(settings) : own;
  if (folder !== own) {
    const isThere = (error: NodeJS.ErrnoException) => {
      if (error.code !== "EEXIST") throw error;
    };
    await symlink(folder, own).catch(isThere);
  }
  await mkdir(folder, { recursive: true });
  if (user) await chown(folder, user.uid, user.gid);
  await chmod(folder, 0o700);
  return folder;
}

/** Whether anybody may pass through the folder and all above it. */
function isOpen(folder: string): boolean {
  const above = dirname(folder);
  return (statSync(folder).mode & 0o001) !== 0 && (above === folder || isOpen(above));
}

const elsewhere = ({ home }: Settings) =>
  `/var/lib/sluice/postgres-${createHash("sha256").update(home).digest("hex").slice(0, 12)}`;

/** Makes the local database unless it is there. A given server has its own. */
export async function createDatabase(settings: Settings): Promise<void> {
  if (isGiven(settings)) return;
  const url = new URL(settings.postgresUrl);
  url.pathname = "/postgres";
  const client = openClient(url.href);
  try {
    await client.connect();
    const { rowCount } = await client.query("SELECT FROM pg_database WHERE datname = $1", [localDatabase]);
    if (rowCount === 0) await client.query(`CREATE DATABASE "${localDatabase}"`);
  } finally {
    await client.end();
  }
}

const isGiven = (settings: Settings) => settings.POSTGRES_URL !== undefined;

function openClient(connectionString: string): Client {
  const client = new Client({ connectionString, connectionTimeoutMillis: 2000, application_name: "sluice" });
  client.on("error", () => {}); // The call that failed throws the same.
  return client;
}
