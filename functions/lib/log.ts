/** One JSON line to stdout, which is where Lambda and `sls offline` read logs from. */
export function log(
  level: "info" | "warn" | "error",
  message: string,
  fields: Record<string, unknown> = {},
): void {
  console.log(JSON.stringify({ level, message, ...fields }));
}
