/** Requests of an invocation to ClickHouse, by what they are for. */
export type RequestKind = "claim" | "wait" | "probe" | "insert" | "quarantine" | "replay";

/** Calls of the writer to its store. */
export type Effect = "select" | "execute" | "insert" | "replay";

interface AtRequest {
  request: RequestKind;
  /** The how manyeth of its kind in the invocation, from 1. */
  nth: number;
  /** The function's process ends with it: nothing more of the invocation reaches ClickHouse. */
  dies: boolean;
}

/** What goes wrong during one invocation. */
export type Fault =
  /** The process ends before or after a call to the store. */
  | { kind: "kill_function"; effect: Effect; nth: number; when: "before" | "after" }
  /** The connection breaks after a share of the body, from 0 to 1. */
  | (AtRequest & { kind: "cut_body"; share: number })
  /** The whole body is sent, then the connection breaks. */
  | (AtRequest & { kind: "cut_after_body" })
  /** The server does its work, but its answer is lost, or breaks in the middle. */
  | (AtRequest & { kind: "cut_response"; partial: boolean })
  /** The server does its work; the answer does not come before the invocation has to end. */
  | (AtRequest & { kind: "timeout" })
  /**
   * The network holds the request back and delivers it when so many further requests have come, or at the end of the run: before
   * the last of them, so many milliseconds ahead of it, or after it. `slowly`: it then takes the server a while.
   */
  | (AtRequest & {
      kind: "late_request";
      release: number;
      order: "before" | "after" | number;
      slowly: boolean;
    })
  /** The server is killed (SIGKILL) so long after the request was sent on, in milliseconds. */
  | (AtRequest & { kind: "kill_clickhouse"; afterMs: number });

/** What is wrong with the server for a while. */
export type Condition =
  | "view_throws"
  | "view_refuses_row"
  | "too_many_parts"
  | "too_many_parts_in_view"
  | "disk_full";

/** What the report counts. */
export type FaultName = Fault["kind"] | Condition | Shape | Killed | "sent_twice";

/** Services that are killed while messages go through the real brokers. */
export type Killed = "kill_clickhouse" | "kill_functions" | "kill_kafka" | "kill_rabbitmq";

/** How a batch comes again. */
export type Shape =
  | "redelivered_identical"
  | "redelivered_longer"
  | "redelivered_shorter"
  | "redelivered_split"
  | "redelivered_merged"
  | "redelivered_regrouped"
  | "redelivered_late";
