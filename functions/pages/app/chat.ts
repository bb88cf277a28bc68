import type { Answer } from "./api.ts";
import { message } from "./chat-message.ts";
import { h, say } from "./dom.ts";
import type { Data, Drawn } from "./draw/drawing.ts";

/** Asks for the rows after a cursor. */
export type Older = (cursor: string) => Promise<Answer | undefined>;

/** Messages kept while the latest are watched. */
const most = 500;
/** Pages asked for at once when more came in than one page holds; what lies further back is behind "Older messages". */
const pagesAtOnce = 5;

interface Entry {
  /** Orders as the endpoint does. */
  at: string;
  id: string;
  node: HTMLElement;
  /** Leads to the messages before this one, where an answer ended with it. */
  cursor?: string;
}

/** The chat room: what was said, and what is being said, the newest below. */
export function openChat(host: HTMLElement, older: Older): Drawn {
  const more = h(
    "button",
    { type: "button", class: "more", hidden: true, onclick: showOlder },
    "Older messages",
  );
  const messages = h("ol");
  const list = h(
    "div",
    { class: "messages", tabindex: 0, role: "log", "aria-label": "chat room" },
    more,
    messages,
  );
  const jump = h(
    "button",
    { type: "button", class: "jump", hidden: true, onclick: toLatest },
    "Jump to latest",
  );
  host.append(list, jump);
  /** The oldest first. */
  let entries: Entry[] = [];
  let known = new Set<string>();
  let unread = 0;
  let shownFor = "";

  const atEnd = () => list.scrollHeight - list.scrollTop - list.clientHeight < 40;
  list.addEventListener("scroll", () => {
    if (atEnd() && !jump.hidden) toLatest();
  });

  function toLatest() {
    list.scrollTop = list.scrollHeight;
    unread = 0;
    jump.hidden = true;
  }

  function clear() {
    entries = [];
    known = new Set();
    messages.replaceChildren();
  }

  /** @returns how many of them are new here. */
  function add({ data, next }: Pick<Answer, "data" | "next">, zone: string): number {
    const fresh = data.filter((row) => !known.has(String(row.id)));
    for (const row of fresh)
      insert(entries, messages, {
        at: String(row.received_at),
        id: String(row.id),
        node: message(row, zone),
      });
    for (const row of fresh) known.add(String(row.id));
    const last = data.at(-1);
    const end = last && entries.find(({ id }) => id === String(last.id));
    if (end && next !== null) end.cursor = next;
    return fresh.length;
  }

  /** Takes the oldest away. */
  function drop(count: number) {
    for (const { node, id } of entries.splice(0, count)) {
      node.remove();
      known.delete(id);
    }
    if (count > 0) more.hidden = false;
  }

  /** Leaves no more than are read at once; the oldest left is one from which there is a way back. */
  function trim() {
    if (entries.length <= most) return;
    const edge = entries.findIndex(
      ({ cursor }, place) => place >= entries.length - most && cursor !== undefined,
    );
    if (edge > 0) drop(edge);
  }

  async function showOlder() {
    const cursor = entries[0]?.cursor;
    const page = cursor === undefined ? undefined : await older(cursor);
    if (!page) return;
    const height = list.scrollHeight;
    add(page, shownFor.split(" ")[0] ?? "");
    more.hidden = page.next === null;
    list.scrollTop += list.scrollHeight - height;
  }

  /** When more came in than one page holds: the pages between, or a fresh start. */
  async function fill(data: Data): Promise<void> {
    let cursor = data.next;
    for (let page = 1; page < pagesAtOnce && cursor !== null; page++) {
      const answer = await older(cursor);
      if (!answer || shownFor !== keyOf(data)) return;
      const isJoined = answer.data.some((row) => known.has(String(row.id)));
      add(answer, data.zone);
      if (isJoined) return;
      cursor = answer.next;
    }
    // Too far apart: what was shown before is older still.
    drop(
      Math.max(
        0,
        entries.findIndex((entry) => entry.cursor === cursor),
      ),
    );
  }

  return {
    update(data: Data) {
      const follow = atEnd() || entries.length === 0 || shownFor !== keyOf(data);
      if (shownFor !== keyOf(data)) {
        clear();
        more.hidden = data.next === null;
      }
      shownFor = keyOf(data);
      const isFirst = entries.length === 0;
      const isJoined = isFirst || data.rows.some((row) => known.has(String(row.id)));
      const fresh = add({ data: data.rows, next: data.next }, data.zone);
      if (!isJoined) void fill(data);
      if (follow) {
        trim();
        toLatest();
      } else if (fresh > 0) {
        unread += fresh;
        say(jump, `Jump to latest (${unread} new)`);
        jump.hidden = false;
      }
    },
    close: () => undefined,
  };
}

const keyOf = ({ zone, question }: Data) => `${zone} ${question}`;

/** Puts it in its place; nearly always at the end. */
function insert(entries: Entry[], list: HTMLElement, entry: Entry): void {
  const place =
    entries.findLastIndex(({ at, id }) => at < entry.at || (at === entry.at && id < entry.id)) + 1;
  list.insertBefore(entry.node, entries[place]?.node ?? null);
  entries.splice(place, 0, entry);
}
