/** Waits for all of them even when one fails: an invocation that ends leaves nothing under way. */
export async function settleAll<const T extends readonly unknown[]>(
  running: {
    [Index in keyof T]: Promise<T[Index]>;
  },
): Promise<T> {
  await Promise.allSettled(running);
  return (await Promise.all(running)) as unknown as T;
}
