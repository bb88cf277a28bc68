import { v4 as randomUuid, v5 as uuidv5 } from "uuid";
import type { Reason } from "../../events/contract.ts";
import { replayHeader } from "../../events/replay.ts";
import { isOneOf } from "./identity.ts";
import { headerOf, type Message } from "./message.ts";
import { arrayOfPairs, type Bytes, dateTime64, encodeColumns, string, uuid } from "./row-binary.ts";
import type { Store } from "./store.ts";
import type { Hold } from "./write-once/lanes.ts";
import type { Table } from "./write-once/table.ts";
import { beginWrite } from "./write-once/write-once.ts";

/** A message that cannot become a row, and why. */
export interface Rejected {
  message: Message;
  reason: Reason;
  detail: string;
}

interface QuarantineRow {
  id: string;
  at: number;
  source: string;
  position: string;
  reason: string;
  detail: string;
  body: Bytes;
  headers: [string, Uint8Array][];
}

const table: Table<QuarantineRow, string> = {
  name: "sluice.quarantine",
  columns: encodeColumns<QuarantineRow>({
    id: uuid,
    at: dateTime64,
    source: string,
    position: string,
    reason: string,
    detail: string,
    body: string,
    headers: arrayOfPairs,
  }),
  identity: {
    inputs: { names: [], write: () => {} },
    key: (id) => id,
    keyOfRow: "toString(id)",
    find: (ids) => isOneOf("id", "UUID", ids),
    again: (ids) => isOneOf("id", "UUID", ids),
  },
};

const namespace = "0d1c3f4e-5a0b-4b5e-9a43-6c1f8a2f6d11";

/**
 * Keeps rejected messages as they came, each once for every consumer that rejects it.
 * A message without a position gets a random id: two equal ones are two messages.
 */
export async function quarantine(
  store: Store,
  consumer: string,
  rejected: Rejected[],
  now: number,
  hold: Hold,
): Promise<void> {
  if (rejected.length === 0) return;
  const rows = rejected.map(({ message, reason, detail }) => {
    const { source, position, body, headers } = message;
    const name = `${consumer} ${source} ${position}${attemptOf(headers)}`;
    const id = position === "" ? randomUuid() : uuidv5(name, namespace);
    const row = { id, at: now, source, position, reason, detail, body: body ?? "", headers };
    return { row, place: id, key: id, at: message.sentAt ?? 0 };
  });
  await beginWrite(store, table, hold)(rows);
}

const attemptOf = (headers: Message["headers"]): string => {
  const attempt = headerOf(headers, replayHeader);
  return attempt === undefined ? "" : ` ${attempt}`;
};
