/** One event of Chromium's trace: https://chromium.googlesource.com/catapult/+/main/tracing/docs/trace-event-format.md. */
interface TraceEvent {
  name: string;
  ph: string;
  pid: number;
  tid: number;
  /** Microseconds by the clock, and of the processor where the system tells them. */
  dur?: number;
  tdur?: number;
  args?: { name?: string; data?: { url?: string } };
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

/** The longest tasks of the main thread of the page that asked for something at this address: a browser has others of its own. 0 without any task. */
export function longestTask(trace: Buffer, address: string): Longest {
  const { traceEvents } = JSON.parse(trace.toString()) as { traceEvents: TraceEvent[] };
  const asked = traceEvents.find(
    ({ name, args }) => name === "ResourceSendRequest" && args?.data?.url?.startsWith(address),
  );
  const main = traceEvents.find(
    ({ name, args, pid }) => name === "thread_name" && args?.name === "CrRendererMain" && pid === asked?.pid,
  );
  const tasks = traceEvents.filter(
    ({ name, ph, pid, tid }) => ph === "X" && /RunTask$/.test(name) && pid === main?.pid && tid === main.tid,
  );
  const most = (of: (task: TraceEvent) => number) => Math.max(0, ...tasks.map(of)) / 1000;
  return { clock: most(({ dur = 0 }) => dur), processor: most(({ dur = 0, tdur = dur }) => tdur) };
}
