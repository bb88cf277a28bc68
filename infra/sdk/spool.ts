import type { Queued } from "./event.ts";

/** Where events wait when the program ends or the network is away for long. One service uses it at a time. */
export interface Spool {
  /** What the last program left. */
  load(): Promise<Queued[]>;
  /** Replaces what is there. */
  save(events: Queued[]): Promise<void>;
}

/** In a browser, for all pages of one origin that use this `name`. */
export function indexedDbSpool(name = "analytics-spool"): Spool {
  const store = async <T>(
    mode: IDBTransactionMode,
    ask: (store: IDBObjectStore) => IDBRequest<T>,
  ): Promise<T> => {
    const opening = indexedDB.open(name, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore("events");
    const database = await settled(opening);
    try {
      return await settled(ask(database.transaction("events", mode).objectStore("events")));
    } finally {
      database.close();
    }
  };
  return {
    load: async () => (await store<Queued[] | undefined>("readonly", (events) => events.get("all"))) ?? [],
    save: async (events) => void (await store("readwrite", (all) => all.put(events, "all"))),
  };
}

const settled = <T>(request: IDBRequest<T>): Promise<T> =>
  new Promise((resolve, reject) => {
    request.onsuccess = () => resolve(request.result);
    request.onerror = () => reject(request.error);
  });
