/**
 * Where a fact first entered the system, carried in a Kafka header by whichever of our functions passes it on.
 * A copy produced twice has the same origin, so it counts once. Form: `<topic>:<partition>:<offset>`.
 */
export interface Position {
  topic: string;
  partition: number;
  offset: number;
}

export const originHeader = "sluice-origin";

export const formatPosition = ({ topic, partition, offset }: Position): string =>
  `${topic}:${partition}:${offset}`;

const pattern = /^([\w.-]+):(\d{1,10}):(\d{1,16})$/;

/** `undefined` for anything but a position: a header somebody else wrote is no origin. */
export function parsePosition(value: string): Position | undefined {
  const match = pattern.exec(value);
  if (!match) return undefined;
  const [, topic = "", partition, offset] = match;
  const position = { topic, partition: Number(partition), offset: Number(offset) };
  return position.partition < 2 ** 32 && Number.isSafeInteger(position.offset) ? position : undefined;
}
