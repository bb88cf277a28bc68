import { CommanderError } from "commander";

/** An error as one sentence on stderr, with its stack and causes when SLUICE_DEBUG is set. Sets the exit code. */
export function reportError(error: unknown): void {
  if (error instanceof CommanderError) {
    // Commander has said it already. Its 1 is a wrong usage; 0 is help that was asked for.
    process.exitCode = error.exitCode === 0 ? 0 : 2;
    return;
  }
  if ((error as NodeJS.ErrnoException)?.code === "EPIPE") return; // `… | head` has seen enough
  process.exitCode = 1;
  if (process.env.SLUICE_DEBUG) console.error(error);
  else console.error(`sluice: ${sentence(error)}${isMistake(error) ? " (SLUICE_DEBUG=1 shows where)" : ""}`);
}

/** Node's error for several addresses tried in vain has no message of its own. */
function sentence(error: unknown): string {
  if (error instanceof AggregateError && error.message === "") return error.errors.map(sentence).join("; ");
  return error instanceof Error ? error.message : String(error);
}

/** Of the program, not of whoever runs it: its words help only those who see the code. */
const isMistake = (error: unknown) => error instanceof TypeError || error instanceof ReferenceError;
