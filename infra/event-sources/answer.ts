/** What became of one invocation. Plain data: it crosses from a worker thread. */
export type Answer =
  /** The result as JSON; null when there is none. */
  | { payload: string | null }
  /** The function's fault. With `environmentLost` the thread it ran in can no longer be used. */
  | { failure: Failure; environmentLost?: true; requestId?: string };

export interface Failure {
  type: string;
  message: string;
  stack?: string;
}

/** Whatever was thrown or rejected with, an Error or not. */
export function failureOf(error: unknown): Failure {
  if (error instanceof Error || (typeof error === "object" && error !== null && "message" in error)) {
    const { name, message, stack } = error as Error;
    return {
      type: String(name ?? "Error"),
      message: String(message),
      ...(stack !== undefined && { stack: String(stack) }),
    };
  }
  return {
    type: "Error",
    message: typeof error === "string" ? error : (JSON.stringify(error) ?? String(error)),
  };
}
