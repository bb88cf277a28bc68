/** Who may connect and what they may do. The engine itself enforces the grants. */
export interface User {
  name: string;
  /** Environment variable of the password; an absent one is the empty password. */
  passwordVariable: string;
  /** What follows GRANT. */
  grants: readonly string[];
  /** What follows REVOKE: exceptions from the grants. */
  revokes?: readonly string[];
  /** The most of a setting that a statement of theirs may have; also what it has when it says nothing. */
  limits?: Readonly<Record<string, number>>;
  /** Trusted with the machine's files: may use what the engine has no privilege for (see guard.ts). */
  trusted: boolean;
}

/** Databases of the product; the grants may name some that do not exist yet. */
const databases = ["default", "sluice", "github", "bilten_analytics"];
const on = (privilege: string) => databases.map((database) => `${privilege} ON ${database}.*`);

/** `system` and `information_schema` are readable by everyone, but for what needs a privilege of its own (users, grants, …). */
export const users: readonly User[] = [
  {
    name: "default",
    passwordVariable: "CLICKHOUSE_DEFAULT_PASSWORD",
    grants: ["ALL ON *.* WITH GRANT OPTION"],
    trusted: true,
  },
  {
    name: "rmq",
    passwordVariable: "CLICKHOUSE_PASSWORD",
    grants: [...on("SELECT"), ...on("INSERT"), "SELECT ON server_log.*"],
    // Who writes events makes no keys.
    revokes: ["INSERT ON sluice.api_keys"],
    trusted: false,
  },
  {
    name: "reader",
    passwordVariable: "CLICKHOUSE_READER_PASSWORD",
    grants: [...on("SELECT"), "SELECT ON server_log.*"],
    revokes: ["SELECT ON sluice.api_keys"],
    // Enough to export a table, too little to take the server from the others.
    limits: {
      max_execution_time: 60,
      max_rows_to_read: 2_000_000_000,
      max_bytes_to_read: 200_000_000_000,
      max_memory_usage: 4_000_000_000,
      max_result_rows: 20_000_000,
      max_result_bytes: 4_000_000_000,
    },
    trusted: false,
  },
];

export const roleOf = (user: User) => `role_${user.name}`;
/** Lets a restricted INSERT … SELECT FROM input() read the spooled body of its own request. */
export const inputRole = "role_input";
