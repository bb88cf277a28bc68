export interface Message {
  id: string;
  body: Buffer;
  /** When it was last written to the broker, in milliseconds. */
  writtenAt: number;
}

/** Enough to keep a broker busy; the bytes are what a restart has to send again. */
const limits = { messages: 2000, bytes: 16 * 1024 * 1024 };

/** What was handed to the broker and not yet confirmed, in the order it was said. */
export class Outbox {
  #pending = new Map<string, Message>();
  #bytes = 0;
  #failure: Error | undefined;
  #changed = Promise.withResolvers<void>();
  /** How many messages the broker has taken responsibility for. */
  confirmed = 0;

  /** Resolves when there is room for one more. Rejects once anything failed for good. */
  room = () => this.#until(() => this.#pending.size < limits.messages && this.#bytes < limits.bytes);

  /** Resolves when nothing is left unconfirmed. Rejects once anything failed for good. */
  empty = () => this.#until(() => this.#pending.size === 0);

  add(message: Message): void {
    this.#pending.set(message.id, message);
    this.#bytes += message.body.length;
  }

  confirm(id: string): void {
    if (this.#remove(id)) this.confirmed++;
    this.#change();
  }

  /** The first failure is the one that is told; what the message came to is no longer waited for. */
  fail(error: Error, id?: string): void {
    this.#failure ??= error;
    if (id !== undefined) this.#remove(id);
    this.#change();
  }

  /** Oldest first. */
  unconfirmed(): Message[] {
    return [...this.#pending.values()];
  }

  get oldest(): Message | undefined {
    return this.#pending.values().next().value;
  }

  get size(): number {
    return this.#pending.size;
  }

  #remove(id: string): boolean {
    this.#bytes -= this.#pending.get(id)?.body.length ?? 0;
    return this.#pending.delete(id);
  }

  #change(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }

  async #until(condition: () => boolean): Promise<void> {
    while (!this.#failure && !condition()) await this.#changed.promise;
    if (this.#failure) throw this.#failure;
  }
}
