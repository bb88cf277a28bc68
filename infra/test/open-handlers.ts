import { createClient } from "@clickhouse/client";
import { inject, onTestFinished } from "vitest";
import { openStore } from "../../functions/lib/store.ts";
import { allSafeguards } from "../../functions/lib/write-once/safeguards.ts";
import { loadPipelines, type Pipeline } from "../faults/pipelines.ts";
import "./services.ts";

const { clickhouseUrl, passwords } = inject("services");

/** The functions that write chat messages, classified ratings and product events, as a mapping invokes them. */
export async function openHandlers() {
  const client = createClient({ url: clickhouseUrl, username: "rmq", password: passwords.rmq });
  onTestFinished(() => client.close());
  const { chat, shadow, events } = await loadPipelines();
  const invoke = (pipeline: Pipeline) => (event: object) =>
    pipeline.createHandler(openStore(client), allSafeguards)(event as never, {
      getRemainingTimeInMillis: () => 30_000,
    });
  return { chat: invoke(chat), shadow: invoke(shadow), events: invoke(events) };
}
