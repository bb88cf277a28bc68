/** A function that does nothing with what it is given but count, and says when it has seen enough. */
const wanted = Number(process.env.BENCH_RECORDS);
let seen = 0;

interface Event {
  records?: Record<string, unknown[]>;
  rmqMessagesByQueue?: Record<string, unknown[]>;
}

export async function handler({ records, rmqMessagesByQueue }: Event): Promise<void> {
  for (const batch of Object.values(records ?? rmqMessagesByQueue ?? {})) seen += batch.length;
  if (seen >= wanted) console.log(`bench: seen ${seen}`);
}
