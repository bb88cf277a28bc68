/** Who may connect. Every password comes from the environment; a user whose variable is absent has an empty one. */
export interface User {
  name: string;
  passwordVariable: string;
}

export const users: readonly User[] = [
  { name: "default", passwordVariable: "CLICKHOUSE_DEFAULT_PASSWORD" },
  { name: "rmq", passwordVariable: "CLICKHOUSE_PASSWORD" },
  { name: "reader", passwordVariable: "CLICKHOUSE_READER_PASSWORD" },
];
