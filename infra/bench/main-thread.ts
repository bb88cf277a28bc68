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

/** Milliseconds: on a machine that others use as well a task takes longer by the clock than of the processor. */
export interface Longest {
  clock: number;
  processor: number;
}

/** The longest tasks of a page's main thread. Of several pages' (a browser keeps one ready) the one that did most. 0 without any task. */
export function longestTask(trace: Buffer): Longest {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const thread = ({ pid, tid }: TraceEvent) => `${pid}/${tid}`;
  const mains = traceEvents.filter(
    ({ name, args }) => name === "thread_name" && args?.name === "CrRendererMain",
  );
  const tasksOf = (main: TraceEvent) =>
    traceEvents
      .filter((one) => one.ph === "X" && /RunTask$/.test(one.name) && thread(one) === thread(main))
      .map(({ dur = 0, tdur = dur }) => ({ clock: dur / 1000, processor: tdur / 1000 }));
  const [busiest = []] = mains.map(tasksOf).sort((a, b) => work(b) - work(a));
  const most = (of: keyof Longest) => Math.max(0, ...busiest.map((task) => task[of]));
  return { clock: most("clock"), processor: most("processor") };
}

const work = (tasks: Longest[]): number => tasks.reduce((total, { processor }) => total + processor, 0);
