import type { Row } from "./api.ts";
import { h, say } from "./dom.ts";
import type { Data, Drawn } from "./draw/drawing.ts";
import { lineColors } from "./theme.ts";

/** Messages kept in the page; older ones are behind "Older messages". */
const most = 500;

/** The chat room: what was said, and what is being said, the newest below. */
export function openChat(host: HTMLElement): Drawn {
  const list = h("ol", { class: "messages", tabindex: 0, "aria-label": "messages", role: "log" });
  const jump = h(
    "button",
    { type: "button", class: "jump", hidden: true, onclick: toLatest },
    "Jump to latest",
  );
  host.append(list, jump);
  const shown = new Map<string, HTMLElement>();
  let unread = 0;
  let zone = "";

  function toLatest() {
    list.scrollTop = list.scrollHeight;
    unread = 0;
    jump.hidden = true;
  }
  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.addEventListener("scroll", () => {
    if (atEnd()) toLatest();
  });

  return {
    update({ rows, zone: now }: Data) {
      const follow = atEnd() || shown.size === 0;
      if (now !== zone) shown.clear();
      zone = now;
      const before = shown.size;
      const fresh = rows.filter((row) => !shown.has(String(row.id)));
      const nodes = [...rows].reverse().map((row) => {
        const id = String(row.id);
        const node = shown.get(id) ?? message(row, zone);
        shown.set(id, node);
        return node;
      });
      list.append(...nodes);
      for (const [id, node] of shown) {
        if (shown.size <= most) break;
        node.remove();
        shown.delete(id);
      }
      if (follow) toLatest();
      else if (before > 0 && fresh.length > 0) {
        unread += fresh.length;
        say(jump, `Jump to latest (${unread} new)`);
        jump.hidden = false;
      }
    },
    close: () => undefined,
  };
}

function message(row: Row, zone: string): HTMLElement {
  const at = new Date(`${String(row.received_at).replace(" ", "T")}Z`);
  const clock = at.toLocaleTimeString("sv-SE", { timeZone: zone });
  const name = String(row.username);
  const who = h("b", {}, name);
  who.style.color = `var(--line-${(hash(name) % lineColors) + 1})`;
  return h(
    "li",
    {},
    h("time", { datetime: at.toISOString(), title: at.toLocaleString("sv-SE", { timeZone: zone }) }, clock),
    who,
    h("span", {}, String(row.message)),
  );
}

/** The same person has the same colour on every page. */
const hash = (text: string): number =>
  [...text].reduce((sum, letter) => (sum * 31 + (letter.codePointAt(0) ?? 0)) >>> 0, 7);
