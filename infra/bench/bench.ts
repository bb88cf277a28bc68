import type { Figure } from "./figure.ts";

export interface BenchOptions {
  /** Rows, messages or samples of one measurement; each benchmark has its own default. */
  rows?: number;
  /** Measurements of each side; the figure is their median. */
  rounds?: number;
  /** One line on what is going on. */
  progress: (line: string) => void;
  /** What stops or removes something that the benchmark began; called last first, whatever happens. */
  cleanup: AsyncDisposableStack;
}

/** A benchmark: ours against somebody who does the same, measured in turns within one run. */
export interface Bench {
  name: string;
  summary: string;
  run(options: BenchOptions): AsyncGenerator<Figure> | Generator<Figure>;
}
