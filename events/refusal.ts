import { type Reason, reasons } from "./contract.ts";

/**
 * Why a function that takes events in did not take this one, carried in a Kafka header beside its bytes as they came: the function
 * that stores the others keeps it in the quarantine. In JSON: `{"source":"http:web","reason":"invalid_event","detail":"…"}`.
 */
export interface Refusal {
  /** Where it came in, as the quarantine names it. */
  source: string;
  reason: Reason;
  detail: string;
}

export const refusalHeader = "sluice-refusal";

export const formatRefusal = ({ source, reason, detail }: Refusal): string =>
  JSON.stringify({ source, reason, detail });

/** `undefined` for anything but a refusal: a header somebody else wrote is none. */
export function parseRefusal(value: string): Refusal | undefined {
  try {
    const { source, reason, detail } = JSON.parse(value) ?? {};
    const known = typeof source === "string" && typeof detail === "string" && reasons.includes(reason);
    return known ? { source, reason, detail } : undefined;
  } catch {
    return undefined;
  }
}
