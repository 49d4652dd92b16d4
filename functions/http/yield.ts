/** Processing a body of this length takes milliseconds. */
const LONG_CHARACTERS = 64 * 1024;

/** Yields to other requests after a long text, so that a large request is processed in pieces. */
export function yieldAfter(text: string): Promise<void> | undefined {
  if (text.length < LONG_CHARACTERS) return undefined;
  // A Worker has no shorter timer.
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
