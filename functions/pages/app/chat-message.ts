import type { Row } from "./api.ts";
import { clock } from "./clock.ts";
import { h } from "./dom.ts";
import { lineColors } from "./theme.ts";

/** One message, as a line of the room; whatever it holds is text. */
export function message(row: Row, zone: string): HTMLElement {
  const at = new Date(`${String(row.received_at).replace(" ", "T")}Z`);
  const name = String(row.username);
  const who = h("b", { title: name }, name);
  who.style.color = `var(--line-${(hash(name) % lineColors) + 1})`;
  const shown = clock(at.getTime(), zone);
  return h(
    "li",
    {},
    h("time", { datetime: at.toISOString(), title: shown }, shown.slice(11)),
    who,
    h("span", {}, String(row.message)),
  );
}

/** The same person has the same colour on every page. */
const hash = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
