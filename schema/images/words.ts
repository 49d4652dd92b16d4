/*
 * How many words the start of a program may have, in each of its lists: of a request as of an image. The kernel has a limit
 * of its own (execve(2)), of all of them together, and runc needs minutes for much more.
 */

export const WORDS_MAX = 1_000;
/** Of all words of a list. */
export const WORDS_CHARACTERS_MAX = 100_000;
