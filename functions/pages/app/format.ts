/** Made when it is first used: making one takes milliseconds. */
const lazily = (options: Intl.NumberFormatOptions) => {
  let format: Intl.NumberFormat | undefined;
  return (figure: number): string => {
    format ??= new Intl.NumberFormat("en", options);
    return format.format(figure);
  };
};

const whole = lazily({ maximumFractionDigits: 0 });
const short = lazily({ notation: "compact", maximumFractionDigits: 1 });
const percent = lazily({ maximumFractionDigits: 1 });
const fine = lazily({ maximumFractionDigits: 2 });

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
  percent: (n) => `${percent(n * 100)} %`,
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
