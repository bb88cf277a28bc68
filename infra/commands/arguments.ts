import { InvalidArgumentError } from "commander";
import { parseTimestamp } from "../../events/timestamp.ts";

/** Items per second. `0` and `max` are as fast as possible. */
export function parseRate(text: string): number {
  const rate = text === "max" ? 0 : Number(text);
  if (text.trim() === "" || !Number.isFinite(rate) || rate < 0)
    throw new InvalidArgumentError(
      'It must be a number per second, such as 5 or 0.5; 0 or "max" is as fast as possible.',
    );
  return rate === 0 ? Number.POSITIVE_INFINITY : rate;
}

const whole = (least: number, most: number, hint: string) => (text: string) => {
  const value = Number(text);
  if (/^\d+$/.test(text) && value >= least && value <= most) return value;
  throw new InvalidArgumentError(`It must be a whole number ${hint}.`);
};

/** How many; leaving it out is what "no end" means, so zero is a slip. */
export const parseCount = whole(1, Number.MAX_SAFE_INTEGER, "from 1");
export const parseTo = whole(1, 10_000_000, "from 1 to 10000000");
export const parsePort = whole(1, 65_535, "from 1 to 65535");
export const parseSeed = whole(0, 2 ** 32 - 1, "from 0 to 4294967295");
export const parseLimit = whole(1, 10_000, "from 1 to 10000");

/** A repository as GitHub writes it. */
export function parseRepo(text: string): string {
  if (/^[\w.-]{1,39}\/[\w.-]{1,100}$/.test(text)) return text;
  throw new InvalidArgumentError("It must be OWNER/NAME.");
}

/** A name or an address, without a port. A URL would ignore anything else and keep its old host. */
export function parseHost(text: string): string {
  if (
    URL.canParse(`amqp://${text.includes(":") ? `[${text}]` : text}`) &&
    !/[/?#@]/.test(text) &&
    text !== ""
  )
    return text;
  throw new InvalidArgumentError("It must be a host name or an address; the port is --port.");
}

/** `--param a=1 --param b=2` into one record; the value may hold `=` too. */
export function collectParam(text: string, before: Record<string, string> = {}): Record<string, string> {
  const split = text.indexOf("=");
  if (split < 1) throw new InvalidArgumentError("It must be NAME=VALUE.");
  return { ...before, [text.slice(0, split)]: text.slice(split + 1) };
}

/** An ISO 8601 moment or day. */
export function parseDate(text: string): Date {
  const micros = parseTimestamp(text);
  if (micros !== undefined) return new Date(micros / 1000);
  throw new InvalidArgumentError("It must be a date such as 2026-01-31, or ISO 8601.");
}

export function parseUrl(text: string): string {
  if (/^https?:$/.test(URL.parse(text)?.protocol ?? "")) return text;
  throw new InvalidArgumentError("It must be a URL, http or https.");
}
