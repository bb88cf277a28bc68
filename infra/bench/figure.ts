/** One measured comparison: a line of `sluice bench --json`. */
export interface Figure {
  bench: string;
  figure: string;
  ours: number;
  /** Somebody who does the same, or a goal where nobody does. */
  peer: number;
  /** Of both: of `rows/s` and `requests/s` more is better; of `ms`, `KiB` and `CPU-s per million rows` less. */
  unit: string;
  /** `ours / peer`. */
  ratio: number;
}

export const figure = (bench: string, name: string, ours: number, peer: number, unit: string): Figure => ({
  bench,
  figure: name,
  ours: round(ours),
  peer: round(peer),
  unit,
  ratio: round(ours / peer),
});

/** Three significant digits: no benchmark knows more. */
const round = (value: number) => Number(value.toPrecision(3));
