import { Span } from "./span.ts";

/**
 * Decodes texts in base64 (RFC 4648) into one buffer that is large enough for all of them: a buffer for each costs more than
 * decoding it. What is no text is absent.
 */
export function openBase64(texts: (string | null | undefined)[]) {
  const size = texts.reduce((sum, text) => sum + Math.ceil((text?.length ?? 0) / 4) * 3, 0);
  const buffer = Buffer.allocUnsafeSlow(size);
  let at = 0;
  function decode(text: string): Span;
  function decode(text: string | null | undefined): Span | null;
  function decode(text: string | null | undefined): Span | null {
    if (typeof text !== "string") return null;
    const start = at;
    at += buffer.write(text, start, "base64");
    return new Span(buffer, start, at);
  }
  return decode;
}
