/** One event of Chromium's trace: https://chromium.googlesource.com/catapult/+/main/tracing/docs/trace-event-format.md. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds by the clock, and of the processor where the system tells them. */
  dur?: number;
  tdur?: number;
  args?: { name?: string };
}

/** What to trace for `longestTask`. */
export const taskCategories = [
  "toplevel",
  "devtools.timeline",
  "disabled-by-default-devtools.timeline",
  "__metadata",
];

/**
 * The longest task of a page's main thread, in milliseconds of the processor: on a machine that others use as well a task takes longer
 * by the clock. Of several pages' (a browser keeps one ready) the one that did most. 0 without any task.
 */
export function longestTask(trace: Buffer): number {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const mains = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const tasksOf = (main: TraceEvent) =>
    traceEvents
      .filter((one) => one.ph === "X" && /RunTask$/.test(one.name) && thread(one) === thread(main))
      .map(({ dur = 0, tdur = dur }) => tdur / 1000);
  const [busiest = []] = mains.map(tasksOf).sort((a, b) => sum(b) - sum(a));
  return Math.max(0, ...busiest);
}

const sum = (values: number[]): number => values.reduce((total, value) => total + value, 0);
