import { expect, test } from "vitest";
import { longestTask } from "./main-thread.ts";

const trace = (...traceEvents: object[]) => Buffer.from(JSON.stringify({ traceEvents }));
const main = (pid: number) => ({
  name: "thread_name",
  ph: "M",
  pid,
  tid: 1,
  args: { name: "CrRendererMain" },
});
const task = (pid: number, tid: number, dur: number, tdur?: number) => ({
  name: "ThreadControllerImpl::RunTask",
  ph: "X",
  pid,
  tid,
  dur,
  ...(tdur !== undefined && { tdur }),
});

test("the longest tasks are those of the busiest page's main thread, by the clock and of the processor", () => {
  const ours = [task(1, 1, 90_000, 20_000), task(1, 1, 30_000), task(1, 2, 500_000, 500_000)];
  const all = trace(main(1), main(2), ...ours, task(2, 1, 140_000, 40_000));
  expect(longestTask(all)).toEqual({ clock: 90, processor: 30 });
  expect(longestTask(trace(main(1)))).toEqual({ clock: 0, processor: 0 });
});
