import wrapAnsi from "wrap-ansi";
import type { ChatMessage } from "../../events/chat-message.ts";
import { neutralise, neutraliseLines } from "../terminal/neutralise.ts";

/** Of the 256 terminal colours, those with a contrast of at least 3.6 to 1 against both black and white. */
export const colours = [160, 166, 130, 100, 64, 28, 29, 30, 31, 32, 27, 63, 98, 134, 133, 163, 162, 197];

/** `username: message` and a line feed; whatever the message holds, it stays one line. */
export function renderPlain({ username, message }: ChatMessage): string {
  return `${neutralise(username)}: ${neutralise(message)}\n`;
}

export interface Screen {
  columns: number;
  /** False: no colours and no other escape sequences (NO_COLOR). */
  colour: boolean;
}

const longest = { username: 40, message: 4000 };

/** Time, the speaker in a colour of their own, and the text wrapped to the screen beside the time. */
export function renderRich(said: ChatMessage, at: Date, { columns, colour }: Screen): string {
  const paint = (code: string, text: string) => (colour ? `\x1b[${code}m${text}\x1b[0m` : text);
  const time = at.toLocaleTimeString("en-GB");
  const margin = time.length + 1;
  const username = neutralise(shorten(said.username, longest.username));
  const message = neutraliseLines(shorten(said.message, longest.message)).replaceAll("\t", "    ");
  const text = `${paint(`1;38;5;${colourOf(said.username)}`, username)}  ${message}`;
  const width = Math.max(columns - margin, 20);
  const lines = wrapAnsi(text, width, { hard: true, trim: false }).split("\n");
  return lines
    .map((line, index) => `${index === 0 ? `${paint("2", time)} ` : " ".repeat(margin)}${line.trimEnd()}\n`)
    .join("");
}

/** The same speaker has the same colour in every display (FNV-1a over UTF-16 units). */
export function colourOf(username: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < username.length; i++) hash = Math.imul(hash ^ username.charCodeAt(i), 0x01000193);
  return colours[(hash >>> 0) % colours.length] as number;
}

/** Cut between characters as people count them, saying how much is left out. */
function shorten(text: string, most: number): string {
  if (text.length <= most) return text;
  let kept = "";
  for (const { segment } of new Intl.Segmenter().segment(text.slice(0, most))) {
    if (kept.length + segment.length > most) break;
    kept += segment;
  }
  return `${kept} … (${text.length - kept.length} more)`;
}
