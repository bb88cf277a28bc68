/** What a person at a terminal should not see: a closed pipe is no crash, and Node's warnings are for developers. */
export function quieten(): void {
  process.stdout.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
  if (!process.env.SLUICE_DEBUG) process.removeAllListeners("warning");
}
