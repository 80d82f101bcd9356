/** Keys of one batch, at most. */
const BATCH_MAX = 64;

interface Waiting<Key, Value> {
  readonly key: Key;
  resolve(value: Value): void;
  reject(error: unknown): void;
}

/**
 * Makes one batch of what is asked for while another batch is under way, so that many askers at once cost little more
 * than one, and a lone asker waits for nobody. When a batch fails, each of its members is tried alone: what is wrong with
 * one of them is not held against the others.
 *
 * @param work answers in the order of the keys
 */
export function coalesce<Key, Value>(
  work: (keys: readonly Key[]) => Promise<readonly Value[]>,
): (key: Key) => Promise<Value> {
  const waiting: Waiting<Key, Value>[] = [];
  let isRunning = false;

  const settle = async (batch: readonly Waiting<Key, Value>[]): Promise<void> => {
    try {
      const values = await work(batch.map(({ key }) => key));
      for (const [index, asker] of batch.entries()) asker.resolve(values[index] as Value);
    } catch (error) {
      if (batch.length > 1) await Promise.all(batch.map((asker) => settle([asker])));
      else for (const asker of batch) asker.reject(error);
    }
  };

  const run = async (): Promise<void> => {
    isRunning = true;
    // Whoever is about to ask in this turn of the loop is in the first batch already.
    await new Promise(setImmediate);
    while (waiting.length > 0) await settle(waiting.splice(0, BATCH_MAX));
    isRunning = false;
  };

  return (key) =>
    new Promise<Value>((resolve, reject) => {
      waiting.push({ key, resolve, reject });
      if (!isRunning) void run();
    });
}
