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

test("the longest tasks are those of our page's main thread, by the clock and of the processor", () => {
  const address = "http://127.0.0.1:3000/";
  const asked = {
    name: "ResourceSendRequest",
    ph: "I",
    pid: 1,
    tid: 7,
    args: { data: { url: `${address}v1/endpoints` } },
  };
  const ours = [asked, task(1, 1, 90_000, 20_000), task(1, 1, 30_000), task(1, 2, 500_000, 500_000)];
  const all = trace(main(2), main(1), ...ours, task(2, 1, 140_000, 140_000));
  expect(longestTask(all, address)).toEqual({ clock: 90, processor: 30 });
  expect(longestTask(trace(main(1), asked), address)).toEqual({ clock: 0, processor: 0 });
});
