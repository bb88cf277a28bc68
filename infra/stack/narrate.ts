import { openProgress } from "../terminal/progress.ts";
import type { Doing, Outcome, Progress, Report, Stopped } from "./progress.ts";
import type { ServiceName } from "./service.ts";
import { services } from "./services.ts";

export const inSeconds = (seconds: number) => `${seconds.toFixed(1)} s`;

const width = Math.max(...services.map(({ name }) => name.length));

/** Tells on stderr what happens to the services: a lasting line for each outcome, a spinner for what is under way. */
export function openNarration(title: string): {
  report: Report;
  line: (text: string) => void;
  end: () => void;
} {
  const terminal = process.stderr.isTTY;
  const spinner = openProgress(title);
  const underWay = new Map<ServiceName, string>();
  const line = (text: string) => spinner.note(text);
  const report = (progress: Progress) => {
    const { service } = progress;
    const last = underWay.get(service);
    if (isDoing(progress)) {
      const doing = progress.note ?? progress.state;
      underWay.set(service, doing);
      // Where no spinner shows it, a new step is worth a line, each new figure of it is not.
      if (!terminal && progress.note && withoutFigures(doing) !== withoutFigures(last ?? ""))
        line(`${service.padEnd(width)}  ${doing}`);
    } else {
      underWay.delete(service);
      line(`${service.padEnd(width)}  ${describe(progress)}`);
    }
    spinner.update([...underWay].map(([name, doing]) => `${name} ${doing}`).join(" · ") || title);
  };
  return { report, line, end: () => spinner.end() };
}

const isDoing = (progress: Progress): progress is Doing =>
  progress.state === "starting" || progress.state === "stopping";

const withoutFigures = (text: string) => text.replace(/\d+/g, "");

function describe(outcome: Outcome | Stopped): string {
  if (outcome.state === "stopped") return `stopped in ${inSeconds(outcome.seconds)}`;
  if (outcome.state === "unavailable") return `unavailable: ${outcome.reason}`;
  if (outcome.by === "env") return `given, and answers after ${inSeconds(outcome.seconds)}`;
  return outcome.started ? `ready in ${inSeconds(outcome.seconds)}` : "runs already";
}
