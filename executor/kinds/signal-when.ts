/** A step can take an hour: whether it is still wanted is asked this often. */
const ASK_MS = 250;

/** Aborted soon after the condition holds, until it is disposed. */
export function signalWhen(condition: () => boolean): Disposable & { readonly signal: AbortSignal } {
  const controller = new AbortController();
  const timer = setInterval(() => {
    if (condition()) controller.abort();
  }, ASK_MS);
  return { signal: controller.signal, [Symbol.dispose]: () => clearInterval(timer) };
}
