import ora from "ora";

export interface Progress {
  /** What the spinner says; nothing on a stderr that is no terminal. */
  update(text: string): void;
  /** One lasting line. */
  note(text: string): void;
  /** The last line; the spinner goes. */
  end(text?: string): void;
}

/** A spinner on stderr while something takes its time; only the lasting lines where nobody watches. */
export function openProgress(text: string): Progress {
  const write = (line: string) => process.stderr.write(`${line}\n`);
  // A terminal of no width (a pseudo-terminal nobody sized) would have ora clear endless lines.
  const watched = process.stderr.isTTY && process.stderr.columns > 0;
  if (!watched) return { update: () => undefined, note: write, end: (line) => line && write(line) };
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
