/**
 * Works on all items, at most `together` of them at a time, in their order. After a failure no further item is begun; it is
 * thrown when those that were begun have ended.
 */
export async function inLanes<Item>(
  items: readonly Item[],
  together: number,
  work: (item: Item) => Promise<void>,
): Promise<void> {
  const left = items.values();
  const failures: unknown[] = [];
  const lane = async () => {
    while (failures.length === 0) {
      const next = left.next();
      if (next.done === true) return;
      await work(next.value).catch((error: unknown) => failures.push(error));
    }
  };
  await Promise.all(Array.from({ length: together }, lane));
  if (failures.length > 0) throw failures[0];
}
