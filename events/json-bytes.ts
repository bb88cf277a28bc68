import { isUtf8 } from "node:buffer";

/** 1 for an ASCII byte that stands for itself in JSON text. */
export const inText = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 32 && byte < 128 && byte !== 34 && byte !== 92 ? 1 : 0,
);

/** Where text that is not all ASCII ends; -1 when it has escapes, or is no UTF-8. */
export function endOfText(bytes: Buffer, start: number, from: number): number {
  let end = from;
  while (inText[bytes[end] as number] === 1 || (bytes[end] as number) >= 128) end++;
  return bytes[end] === 34 && isUtf8(bytes.subarray(start, end)) ? end : -1;
}

/** Any one value, by `JSON.parse`, and where it ends. */
export function anyValue(
  bytes: Buffer,
  start: number,
  limit: number,
): { value: unknown; end: number } | undefined {
  const end = endOfValue(bytes, start, limit);
  if (!isUtf8(bytes.subarray(start, end))) return undefined;
  try {
    return { value: JSON.parse(bytes.toString("utf8", start, end)), end };
  } catch {
    return undefined;
  }
}

function endOfValue(bytes: Buffer, start: number, limit: number): number {
  let [depth, quoted] = [0, false];
  for (let i = start; i < limit; i++) {
    const byte = bytes[i];
    if (quoted) {
      if (byte === 92) i++;
      else if (byte === 34) quoted = false;
    } else if (byte === 34) quoted = true;
    else if (byte === 123 || byte === 91) depth++;
    else if (byte === 125 || byte === 93 || byte === 44) {
      if (depth === 0) return i;
      if (byte !== 44) depth--;
    }
  }
  return limit;
}
