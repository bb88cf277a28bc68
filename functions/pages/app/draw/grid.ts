import { clock } from "../clock.ts";
import { h } from "../dom.ts";
import { format, words } from "../format.ts";
import { type Data, type Drawing, type Drawn, figure, type GridDrawing, timeOf } from "./drawing.ts";

/** A table whose cells are shaded by their value; the value is in the cell for those who do not see shades. */
export function openGrid(host: HTMLElement, drawing: GridDrawing): Drawn {
  const frame = h("div", { class: "scroll", tabindex: 0, role: "group", "aria-label": "rows" });
  host.append(frame);
  return {
    update({ rows }: Data) {
      const { row: side, column: top, value, size } = drawing;
      const names = [...new Set(rows.map((row) => String(row[side])))];
      const heads = [...new Set(rows.map((row) => figure(row[top])))].sort((a, b) => a - b);
      const cells = new Map(rows.map((row) => [`${row[side]} ${figure(row[top])}`, row]));
      const largest = Math.max(...rows.map((row) => figure(row[value])), Number.MIN_VALUE);
      const lines = names.map((name) => {
        const first = cells.get(`${name} ${heads[0]}`);
        return h(
          "tr",
          {},
          h("th", { scope: "row" }, name),
          ...(size ? [h("td", { class: "size" }, format(first?.[size]))] : []),
          ...heads.map((head) => shaded(cells.get(`${name} ${head}`)?.[value], largest, drawing.format)),
        );
      });
      const head = h(
        "tr",
        {},
        ...[words(side), ...(size ? [words(size)] : []), ...heads].map((text) =>
          h("th", { scope: "col" }, text),
        ),
      );
      frame.replaceChildren(
        h("table", { class: "grid cohorts" }, h("thead", {}, head), h("tbody", {}, ...lines)),
      );
    },
    close: () => undefined,
  };
}

function shaded(value: unknown, largest: number, as: GridDrawing["format"]): HTMLElement {
  if (value === undefined) return h("td", { class: "none" });
  const cell = h("td", { class: "shade" }, h("span", {}, format(value, as)));
  cell.style.setProperty("--share", String(Math.sqrt(figure(value) / largest)));
  return cell;
}

const days = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];

/** When in the week it happens: a row a day, a column an hour. */
export function openHours(host: HTMLElement, { time, value }: Drawing & { kind: "hours" }): Drawn {
  const body = h("tbody", {});
  const hours = Array.from({ length: 24 }, (_, hour) => hour);
  const head = h(
    "tr",
    {},
    h("th", { scope: "col" }, h("span", { class: "sr" }, "day")),
    ...hours.map(hourHead),
  );
  host.append(h("table", { class: "grid hours" }, h("thead", {}, head), body));
  return {
    update({ rows, zone }: Data) {
      const sums = new Map<string, number>();
      for (const row of rows) {
        if (figure(row[value]) === 0) continue;
        const [date, time24 = ""] = clock(timeOf(row[time]) * 1000, zone).split(" ");
        const day = days[(new Date(`${date}T00:00:00Z`).getUTCDay() + 6) % 7];
        const key = `${day} ${Number(time24.slice(0, 2))}`;
        sums.set(key, (sums.get(key) ?? 0) + figure(row[value]));
      }
      const largest = Math.max(1, ...sums.values());
      const lines = days.map((day) =>
        h(
          "tr",
          {},
          h("th", { scope: "row" }, day),
          ...hours.map((hour) => hourCell(sums.get(`${day} ${hour}`) ?? 0, largest, `${day} ${hour}:00`)),
        ),
      );
      body.replaceChildren(...lines);
    },
    close: () => undefined,
  };
}

const hourHead = (hour: number) =>
  h("th", { scope: "col" }, hour % 3 === 0 ? String(hour) : h("span", { class: "sr" }, hour));

function hourCell(value: number, largest: number, when: string): HTMLElement {
  const cell = h(
    "td",
    { class: "shade", title: `${when}: ${format(value)}` },
    h("span", { class: "sr" }, format(value)),
  );
  cell.style.setProperty("--share", String(value / largest));
  return cell;
}
