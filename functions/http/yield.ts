/** From so many characters on what is done with a body takes milliseconds. */
const LONG_CHARACTERS = 64 * 1024;

/** Lets other requests have their turn after a long text, so that a large request is done in pieces. */
export function yieldAfter(text: string): Promise<void> | undefined {
  if (text.length < LONG_CHARACTERS) return undefined;
  // A Worker has nothing shorter.
  return new Promise((resolve) => {
    setTimeout(resolve, 0);
  });
}
