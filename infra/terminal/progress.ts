import ora from "ora";

export interface Progress {
  /** What the spinner says; on a stderr that is no terminal a line of it every half minute. */
  update(text: string): void;
  /** One lasting line. */
  note(text: string): void;
  /** The last line; the spinner goes. */
  end(text?: string): void;
}

const unwatchedEvery = 30_000;

/** Writes a line when none was written for half a minute, since this was made at first. */
export function seldom(write: (line: string) => void, now: () => number = Date.now): (line: string) => void {
  let last = now();
  return (line) => {
    if (now() - last < unwatchedEvery) return;
    last = now();
    write(line);
  };
}

/** A spinner on stderr while something takes its time; only the lasting lines, and a sign of life, where nobody watches. */
export function openProgress(text: string): Progress {
  const write = (line: string) => process.stderr.write(`${line}\n`);
  // A terminal of no width (a pseudo-terminal nobody sized) would have ora clear endless lines.
  const watched = process.stderr.isTTY && process.stderr.columns > 0;
  if (!watched) return { update: seldom(write), note: write, end: (line) => line && write(line) };
  // Raw input would swallow Ctrl-C where the spinner runs for long.
  const spinner = ora({ text, stream: process.stderr, discardStdin: false }).start();
  return {
    update(line) {
      spinner.text = line;
    },
    note(line) {
      spinner.clear();
      write(line);
      spinner.render();
    },
    end(line) {
      spinner.stop();
      if (line) write(line);
    },
  };
}
