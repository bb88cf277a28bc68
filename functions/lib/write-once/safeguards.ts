/** What makes a row count once. Functions have all of it; the fault harness leaves one out at a time and must find errors. */
export interface Safeguards {
  /** A token for each batch: an INSERT that is tried again is taken once by the table and by each of its views. */
  token: boolean;
  /** Looking for rows that are there already. */
  probe: boolean;
  /** Completing the views of batches that were found. */
  repair: boolean;
  /** Waiting for an INSERT of an earlier invocation that still runs. */
  wait: boolean;
  /** Having the server refuse an INSERT of an invocation that another has followed. */
  fence: boolean;
  /** Looking, once in an execution environment, whether the table and its views can tell a retry. */
  preflight: boolean;
}

export const allSafeguards: Safeguards = {
  token: true,
  probe: true,
  repair: true,
  wait: true,
  fence: true,
  preflight: true,
};
