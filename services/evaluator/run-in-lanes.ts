/**
 * Works on the items in their order, some at once, and begins no further one when one has failed or the signal aborts;
 * settles only when nothing of it is under way any more.
 *
 * @throws what the first one failed with, or the signal's reason
 */
export async function runInLanes<Item>(
  items: Iterable<Item>,
  { lanes, signal }: { readonly lanes: number; readonly signal?: AbortSignal | undefined },
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items[Symbol.iterator]();
  let failed = false;
  const lane = async (): Promise<void> => {
    try {
      for (let next = left.next(); next.done !== true && !failed; next = left.next()) {
        signal?.throwIfAborted();
        await work(next.value);
      }
    } catch (error) {
      failed = true;
      throw error;
    }
  };
  const ends = await Promise.allSettled(Array.from({ length: lanes }, lane));
  for (const end of ends) if (end.status === 'rejected') throw end.reason;
}
