import { createHash, randomBytes } from "node:crypto";
import { isEqual } from "../equal.ts";

export type KeyKind = "read" | "write";

/** What a key may do. Empty lists allow everything of their sort. */
export interface KeyGrant {
  id: string;
  kind: KeyKind;
  endpoints: readonly string[];
  sources: readonly string[];
  origins: readonly string[];
  /** Parameters of endpoints, or fields of events, that have this value whatever is asked. */
  fixed: Readonly<Record<string, string>>;
  /** Requests a minute in one execution environment; 0 is no limit. */
  perMinute: number;
}

/** `sluice_<kind>_<id>_<secret>`: the prefix lets a scanner of repositories find a leaked key, the id finds its row. */
const shape = /^sluice_(read|write)_([0-9a-f]{12})_[\w-]{43}$/;

export function makeKey(kind: KeyKind): { id: string; key: string; hash: string } {
  const id = randomBytes(6).toString("hex");
  const key = `sluice_${kind}_${id}_${randomBytes(32).toString("base64url")}`;
  return { id, key, hash: hashOf(key) };
}

export const idOf = (key: string): string | undefined => shape.exec(key)?.[2];

/** Hex. Fast on purpose: a key has 256 random bits, which nobody tries through. */
export const hashOf = (key: string): string => createHash("sha256").update(key).digest("hex");

/** Whether a key has this hash; takes equally long wherever they differ, and without a hash too. */
export const isKey = (key: string, hash = unknown): boolean => isEqual(hashOf(key), hash);

const unknown = "-".repeat(64);
