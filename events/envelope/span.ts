/**
 * A part of a buffer: a body, or well-formed UTF-8 in one. Thousands of bodies share a buffer, and text that only passes through
 * never becomes a string: it is copied from where it lies.
 */
export class Span {
  readonly buffer: Buffer;
  readonly start: number;
  readonly end: number;

  constructor(buffer: Buffer, start: number, end: number) {
    this.buffer = buffer;
    this.start = start;
    this.end = end;
  }

  get length(): number {
    return this.end - this.start;
  }

  /** A view, not a copy. */
  bytes(): Buffer {
    return this.buffer.subarray(this.start, this.end);
  }

  toString(): string {
    return this.buffer.toString("utf8", this.start, this.end);
  }
}

/** The whole of some bytes. */
export const spanOf = (bytes: Uint8Array): Span => {
  const buffer = Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return new Span(buffer, 0, buffer.length);
};

export const bytesOf = (body: Uint8Array | Span): Uint8Array => (body instanceof Span ? body.bytes() : body);

/** An event whose text may have been left where it lay. */
export type Lean<Event> = {
  [Key in keyof Event]: string extends Event[Key] ? Event[Key] | Span : Event[Key];
};
