import { createHmac } from "node:crypto";
import { isEqual } from "../lib/equal.ts";

/**
 * `X-Hub-Signature-256` of a body: HMAC-SHA-256 of the raw bytes, in hex.
 * https://docs.github.com/en/webhooks/using-webhooks/validating-webhook-deliveries
 */
export const sign = (secret: string, body: Uint8Array): string =>
  `sha256=${createHmac("sha256", secret).update(body).digest("hex")}`;

/** Takes equally long for every wrong signature. */
export const isSigned = (secret: string, body: Uint8Array, signature: string | undefined): boolean =>
  isEqual(signature ?? "", sign(secret, body));
