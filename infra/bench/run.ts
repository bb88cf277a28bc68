import { renderTable } from "../terminal/table.ts";
import type { BenchOptions } from "./bench.ts";
import { benchmarks } from "./benchmarks.ts";
import type { Figure } from "./figure.ts";

export interface RunOptions {
  /** All without. */
  name?: string | undefined;
  json?: boolean | undefined;
  rows?: number | undefined;
  rounds?: number | undefined;
}

/** Runs benchmarks one after the other; each stops what it began, also when it fails or is interrupted. */
export async function runBench(
  { name, json, rows, rounds }: RunOptions,
  print: (text: string) => void,
  progress: BenchOptions["progress"],
): Promise<void> {
  for (const bench of benchmarks.filter((one) => name === undefined || one.name === name)) {
    const cleanup = new AsyncDisposableStack();
    let closing: Promise<void> | undefined;
    // Once, and whoever asks waits for its end: what is stopped makes the benchmark itself fail at the same time.
    const close = () => {
      closing ??= cleanup.disposeAsync();
      return closing;
    };
    const interrupted = () => void close().finally(() => process.exit(130));
    process.once("SIGINT", interrupted).once("SIGTERM", interrupted);
    const { log } = console;
    console.log = () => {}; // Handlers that run here log each batch to stdout, where the figures go.
    const figures: Figure[] = [];
    const limits = { ...(rows !== undefined && { rows }), ...(rounds !== undefined && { rounds }) };
    try {
      progress(`${bench.name}: ${bench.summary}`);
      for await (const one of bench.run({ ...limits, progress, cleanup })) {
        if (json) print(`${JSON.stringify(one)}\n`);
        figures.push(one);
      }
    } finally {
      console.log = log;
      process.off("SIGINT", interrupted).off("SIGTERM", interrupted);
      await close();
    }
    if (!json) print(`${render(figures)}\n`);
  }
}

const render = (figures: Figure[]): string =>
  renderTable(
    ["benchmark", "figure", "ours", "peer", "unit", "ours / peer"],
    figures.map(({ bench, figure, ours, peer, unit, ratio }) => [bench, figure, ours, peer, unit, ratio]),
  );
