/** Node has it; the compiler's library does not say so yet (TC39 JSON.parse source text access). */
const { rawJSON } = JSON as unknown as { rawJSON(text: string): unknown };
type Reviver = (key: string, value: unknown, context: { source?: string }) => unknown;

const keepDigits: Reviver = (_, value, { source }) =>
  typeof value === "number" && source !== undefined && String(value) !== source ? rawJSON(source) : value;

/** JSON whose numbers keep their digits when they are written again: a UInt64 or a Decimal may have more than a double has. */
export const parseLossless = (text: string): unknown =>
  /\d{16}|\d\.\d{15}/.test(text)
    ? JSON.parse(text, keepDigits as Parameters<typeof JSON.parse>[1])
    : JSON.parse(text);
