import type { Connection } from "./addon.ts";
import type { Engine } from "./engine.ts";
import { ServerError } from "./errors.ts";
import type { Ask } from "./request.ts";

interface Named {
  connection: Connection;
  busy: boolean;
  expiry?: NodeJS.Timeout;
}

/** Connections kept between the requests of one `session_id`: they hold its settings and temporary tables. */
export class Sessions {
  readonly #named = new Map<string, Named>();
  readonly #engine: Engine;
  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** A connection for one request. `release` it in any case. */
  take(ask: Ask): { connection: Connection; release: () => void } {
    if (!ask.session) {
      const connection = this.#engine.connect();
      return { connection, release: () => this.#engine.disconnect(connection) };
    }
    const { id, timeout, mustExist } = ask.session;
    const key = `${ask.user.name} ${id}`;
    const found = this.#named.get(key);
    if (found?.busy)
      throw new ServerError(373, "SESSION_IS_LOCKED", `Session ${id} is locked by a concurrent client`);
    if (!found && mustExist) throw new ServerError(372, "SESSION_NOT_FOUND", `Session ${id} not found`);
    const named = found ?? { connection: this.#engine.connect(), busy: true };
    clearTimeout(named.expiry);
    named.busy = true;
    this.#named.set(key, named);
    const release = () => {
      named.busy = false;
      named.expiry = setTimeout(() => this.#drop(key), timeout).unref();
    };
    return { connection: named.connection, release };
  }

  #drop(key: string): void {
    const named = this.#named.get(key);
    clearTimeout(named?.expiry);
    this.#named.delete(key);
    if (named) this.#engine.disconnect(named.connection);
  }

  close(): void {
    for (const key of this.#named.keys()) this.#drop(key);
  }
}
