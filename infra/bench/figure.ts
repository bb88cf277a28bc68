/** One measured comparison: a line of `sluice bench --json`. */
export interface Figure {
  bench: string;
  figure: string;
  ours: number;
  /** `null` where ours is held against a goal instead of somebody else. */
  peer: number | null;
  /** Of both: `rows/s` is better when greater, `ms`, `KiB` and `CPU-s` when smaller. */
  unit: string;
  /** `ours / peer`. */
  ratio: number | null;
}

export function figure(bench: string, name: string, ours: number, peer: number | null, unit: string): Figure {
  return {
    bench,
    figure: name,
    ours: round(ours),
    peer: peer === null ? null : round(peer),
    unit,
    ratio: peer === null ? null : round(ours / peer),
  };
}

/** Three significant digits: no benchmark knows more. */
const round = (value: number) => Number(value.toPrecision(3));
