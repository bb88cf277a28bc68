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
  const watched = process.stderr.isTTY && process.stderr.columns > 0;
  const spinner = openProgress(title);
  const underWay = new Map<ServiceName, Doing>();
  const line = (text: string) => spinner.note(text);
  const report = (progress: Progress) => {
    const { service } = progress;
    const last = underWay.get(service)?.note ?? "";
    if (isDoing(progress)) {
      underWay.set(service, progress);
      // Where no spinner shows it, a new step is worth a line, each new figure of it is not.
      if (!watched && progress.note && withoutFigures(progress.note) !== withoutFigures(last))
        line(`${service.padEnd(width)}  ${progress.note}`);
    } else {
      underWay.delete(service);
      line(`${service.padEnd(width)}  ${describe(progress)}`);
    }
    spinner.update(summary([...underWay.values()]) || title);
  };
  return { report, line, end: () => spinner.end() };
}

const isDoing = (progress: Progress): progress is Doing =>
  progress.state === "starting" || progress.state === "stopping";

/** `starting clickhouse, rabbitmq · kafka: downloading …` */
function summary(doing: Doing[]): string {
  const plain = doing.filter(({ note }) => note === undefined);
  const names = plain.map(({ service }) => service).join(", ");
  const noted = doing.flatMap(({ service, note }) => (note === undefined ? [] : [`${service}: ${note}`]));
  return [...(plain[0] ? [`${plain[0].state} ${names}`] : []), ...noted].join(" · ");
}

const withoutFigures = (text: string) => text.replace(/\d+/g, "");

function describe(outcome: Outcome | Stopped): string {
  if (outcome.state === "stopped") return `stopped in ${inSeconds(outcome.seconds)}`;
  if (outcome.state === "unavailable") return `unavailable: ${outcome.reason}`;
  if (outcome.by === "env") return `given, and answers after ${inSeconds(outcome.seconds)}`;
  return outcome.started ? `ready in ${inSeconds(outcome.seconds)}` : "runs already";
}
