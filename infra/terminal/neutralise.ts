// biome-ignore lint/suspicious/noControlCharactersInRegex: finding control characters is the point
const control = /[\u0000-\u001f\u007f-\u009f]/g;

/** Characters that reorder, hide or break what a person reads: bidirectional controls and line separators. */
const deceptive = /[\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufff9-\ufffb]/g;

/**
 * Text from strangers, made safe to print: escape sequences cannot move the cursor, set the title or forge a line.
 * Control characters show as their pictures (`␛`), the others by number (`<U+202E>`). Emoji and scripts stay as they are.
 */
export function neutralise(text: string): string {
  return text.toWellFormed().replace(control, picture).replace(deceptive, number);
}

/** The same for text of several lines: line feeds and tabs stay, `\r\n` becomes a line feed. */
export function neutraliseLines(text: string): string {
  return text
    .replaceAll("\r\n", "\n")
    .split("\n")
    .map((line) => line.split("\t").map(neutralise).join("\t"))
    .join("\n");
}

function picture(character: string): string {
  const code = character.charCodeAt(0);
  if (code === 0x7f) return "␡";
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : number(character);
}

const number = (character: string) =>
  `<U+${character.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}>`;
