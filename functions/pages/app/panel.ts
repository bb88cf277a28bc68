import type { Answer, Row } from "./api.ts";
import { type Older, openChat } from "./chat.ts";
import { download, encodeCsv } from "./csv.ts";
import { h, say, set } from "./dom.ts";
import { type Data, type Drawn, figuresOf } from "./draw/drawing.ts";
import { openDrawing } from "./draw/open.ts";
import { openTable } from "./draw/table.ts";
import { ago, format } from "./format.ts";
import type { Panel } from "./panels.ts";
import type { Reading } from "./source.ts";

export interface PanelView {
  element: HTMLElement;
  /** Another answer, or other trouble. */
  update(reading: Reading, data: Data | undefined): void;
  /** Over which time its rows are. */
  caption(text: string): void;
  /** Once a second: how old it is. */
  tick(reading: Reading, paused: boolean): void;
  redraw(): void;
  close(): void;
}

/** An answer not confirmed for as many seconds beyond its own pace is stale. */
const patience = 5;

/** A panel's frame: title, age, state, the figures as a table and as CSV; within it, the drawing. */
export function openPanel(panel: Panel, older: Older): PanelView {
  const status = h("span", { class: "status" });
  const caption = h("span", { class: "caption" });
  const note = h("p", { class: "note", role: "status" });
  const asTable = h(
    "button",
    { type: "button", class: "quiet", "aria-pressed": "false", onclick: toggle },
    "Table",
  );
  const asCsv = h("button", { type: "button", class: "quiet", onclick: save, disabled: true }, "CSV");
  const tools = h(
    "span",
    { class: "tools" },
    ...(panel.draw.kind === "table" || panel.draw.kind === "chat" ? [] : [asTable]),
    asCsv,
  );
  const body = h("div", { class: `body as-${panel.draw.kind}` });
  const table = h("div", { class: "body", hidden: true });
  const title = h("h2", { id: `title-${panel.id}` }, panel.title);
  const element = h(
    "section",
    {
      class: `panel size-${panel.size} ${panel.tall ? "tall" : ""}`,
      "aria-labelledby": title.id,
      "data-panel": panel.id,
    },
    h("header", {}, title, caption, tools, status),
    body,
    table,
    note,
  );
  for (const button of [asTable, asCsv])
    set(button, { "aria-label": `${panel.title}: ${button.textContent}` });
  const drawn: Drawn = panel.draw.kind === "chat" ? openChat(body, older) : openDrawing(body, panel.draw);
  const asRows = openTable(table);
  let rows: readonly Row[] = [];
  let last: Data | undefined;

  function toggle() {
    const on = table.hidden;
    set(asTable, { "aria-pressed": String(on) });
    table.hidden = !on;
    body.hidden = on;
    if (on && last) asRows.update(last);
    if (!on) drawn.redraw?.();
  }
  function save() {
    download(`${panel.endpoint}.csv`, encodeCsv(rows));
  }

  return {
    element,
    update({ answer, trouble }, data) {
      if (data) {
        rows = data.rows;
        last = data;
        drawn.update(data);
        if (!table.hidden) asRows.update(data);
      }
      set(asCsv, { disabled: rows.length === 0 });
      set(status, { title: answer?.statistics && costOf(answer.statistics) });
      element.dataset.state = trouble?.kind ?? (answer || last ? "ready" : "loading");
      say(note, noteFor(panel, answer?.data, trouble));
      note.hidden = note.textContent === "";
      element.toggleAttribute("data-empty", isEmpty(panel, answer?.data) && !note.hidden);
    },
    caption: (text) => say(caption, text),
    tick({ checkedAt, trouble }, paused) {
      const [state, text] = stateOf(checkedAt, trouble, paused, panel.every ?? 1);
      element.dataset.age = state;
      say(status, text);
    },
    redraw: () => drawn.redraw?.(),
    close() {
      drawn.close();
      asRows.close();
    },
  };
}

function noteFor(panel: Panel, rows: Row[] | undefined, trouble: Reading["trouble"]): string {
  const { hint, empty } = panel;
  if (trouble?.kind === "absent") return trouble.detail;
  if (trouble?.kind === "locked") return "This key may not read it.";
  if (trouble) return `${trouble.detail} Asking again.`;
  if (!isEmpty(panel, rows)) return "";
  return empty ?? `Nothing here yet.${hint ? ` Try: ${hint}` : ""}`;
}

const costOf = ({ rows_read, elapsed_ms }: NonNullable<Answer["statistics"]>) =>
  `${format(rows_read)} rows read in ${format(elapsed_ms, "ms")}`;

/** Intervals and steps without anything in them are rows too. */
function isEmpty({ draw }: Panel, rows: Row[] | undefined): boolean {
  const columns = figuresOf(draw);
  return rows?.every((row) => columns.length > 0 && columns.every((column) => !row[column])) ?? false;
}

function stateOf(
  checkedAt: number | undefined,
  trouble: Reading["trouble"],
  paused: boolean,
  every: number,
): [string, string] {
  if (trouble?.kind === "absent") return ["absent", ""];
  if (checkedAt === undefined) return trouble ? ["error", "error"] : ["loading", "loading"];
  const age = Date.now() - checkedAt;
  const text = `updated ${ago(age)} ago`;
  if (trouble) return ["error", `error · ${text}`];
  if (paused) return ["paused", `paused · ${text}`];
  return age > (every + patience) * 1000 ? ["stale", `stale · ${text}`] : ["live", text];
}
