/** As Intl's formats for English write it; a browser's first one of those costs milliseconds. */
const rounded = (figure: number, digits: number): string => {
  const near = Number(figure.toFixed(digits));
  const [whole = "", part] = String(Math.abs(near)).split(".");
  return `${near < 0 ? "-" : ""}${whole.replace(/\B(?=(\d{3})+$)/g, ",")}${part === undefined ? "" : `.${part}`}`;
};

const whole = (figure: number): string => rounded(figure, 0);
const tenth = (figure: number): string => rounded(figure, 1);
const fine = (figure: number): string => rounded(figure, 2);

/** `1.2K`, `3M`. */
const short = (figure: number): string => {
  const size = Math.abs(figure);
  // What is rounded up to a thousand is written with the next letter.
  const power = [1e3, 1e6, 1e9, 1e12].findLastIndex((unit) => size >= unit * 0.99995 && size >= 999.95);
  return power < 0 ? tenth(figure) : `${tenth(figure / 1000 ** (power + 1))}${"KMBT"[power]}`;
};

/** How a figure is written. */
export type Format = "count" | "short" | "ms" | "seconds" | "bytes" | "percent" | "money" | "text" | "time";

/** An em dash where there is no figure: nothing is not nought. */
export function format(value: unknown, as: Format = "count"): string {
  if (value === null || value === undefined || value === "") return "–";
  if (as === "text") return String(value);
  if (as === "time") return String(value).replace("T", " ").slice(0, 19);
  const figure = Number(value);
  if (Number.isNaN(figure)) return String(value);
  return formats[as](figure);
}

const formats: Record<Exclude<Format, "text" | "time">, (figure: number) => string> = {
  count: (n) => (Math.abs(n) >= 1_000_000 ? short(n) : whole(n)),
  short: (n) => short(n),
  money: (n) => fine(n),
  percent: (n) => `${tenth(n * 100)} %`,
  bytes: (n) => {
    const power = n < 1 ? 0 : Math.min(4, Math.floor(Math.log2(n) / 10));
    return `${fine(n / 1024 ** power)} ${["B", "KiB", "MiB", "GiB", "TiB"][power]}`;
  },
  ms: (n) => (n < 1000 ? `${n < 10 ? fine(n) : whole(n)} ms` : formats.seconds(n / 1000)),
  seconds: (n) => {
    if (n < 120) return `${n < 10 ? fine(n) : whole(n)} s`;
    if (n < 7200) return `${whole(n / 60)} min`;
    return n < 172_800 ? `${whole(n / 3600)} h` : `${whole(n / 86_400)} d`;
  },
};

/** `3 s`, `2 min`: how long ago. */
export const ago = (ms: number): string => formats.seconds(Math.max(0, Math.round(ms / 1000)));

/** `average_gap_ms` → `Average gap ms`. */
export const words = (column: string): string => {
  const text = column.replaceAll("_", " ");
  return text.charAt(0).toUpperCase() + text.slice(1);
};
