import { mkdirSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Mapping } from "./definition.ts";

/** One mapping as the status file shows it. */
export interface MappingStatus {
  function: string;
  source: "kafka" | "msk" | "rabbitmq";
  topic?: string;
  queue?: string;
  group?: string;
  state: "polling" | "retrying" | "stopped";
  /** Records the broker holds and the mapping has not settled. */
  lag: number;
  /** Why it is retrying. */
  error?: string;
}

export const statusOf = (mapping: Mapping): MappingStatus =>
  mapping.source === "rabbitmq"
    ? {
        function: mapping.functionKey,
        source: mapping.source,
        queue: mapping.queue,
        state: "stopped",
        lag: 0,
      }
    : {
        function: mapping.functionKey,
        source: mapping.source,
        topic: mapping.topic,
        group: mapping.group,
        state: "stopped",
        lag: 0,
      };

/**
 * Keeps `{"pid", "time", "mappings": [MappingStatus]}` in a file for others to read: replaced as a whole, within a
 * second of a change. A reader knows by `pid` whether the writer lives.
 */
export class StatusFile {
  readonly #path: string;
  readonly #read: () => MappingStatus[];
  readonly #timer: NodeJS.Timeout;
  #written = "";

  constructor(path: string, read: () => MappingStatus[]) {
    this.#path = path;
    this.#read = read;
    mkdirSync(dirname(path), { recursive: true });
    this.#timer = setInterval(() => this.write(), 1000).unref();
    this.write();
  }

  write(): void {
    const mappings = this.#read();
    const content = JSON.stringify(mappings);
    if (content === this.#written) return;
    const draft = `${this.#path}.${process.pid}`;
    writeFileSync(
      draft,
      `${JSON.stringify({ pid: process.pid, time: new Date().toISOString(), mappings }, null, 2)}\n`,
    );
    renameSync(draft, this.#path);
    this.#written = content;
  }

  close(): void {
    clearInterval(this.#timer);
    this.write();
  }
}
