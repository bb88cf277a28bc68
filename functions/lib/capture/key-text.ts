/** The values of a key as one text, each behind its length in bytes: `ann`, `uk` ⇄ `3:ann2:uk`. */
export const formatKey = (values: string[]): string =>
  values.map((value) => `${Buffer.byteLength(value)}:${value}`).join("");

export function parseKey(text: string): string[] {
  const bytes = Buffer.from(text);
  const values: string[] = [];
  for (let at = 0; at < bytes.length; ) {
    const colon = bytes.indexOf(":", at);
    const end = colon + 1 + Number(bytes.subarray(at, colon));
    values.push(bytes.subarray(colon + 1, end).toString());
    at = end;
  }
  return values;
}
