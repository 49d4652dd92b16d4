import { execFile } from 'node:child_process';

/* Who reaches whom by ping. weft, which may be in the test's own process, works meanwhile. */

/** From a namespace (null: the host's) to an address. */
export type Way = readonly [from: string | null, to: string];

/** Whether an answer arrives within a second. */
export function reaches([from, to]: Way): Promise<boolean> {
  const ping = ['ping', '-n', '-c', '1', '-W', '1', to];
  const [program = '', ...words] = from === null ? ping : ['ip', 'netns', 'exec', from, ...ping];
  return new Promise((resolve) => execFile(program, words, (error) => resolve(error === null)));
}

/** The ways that an answer arrives by, of these, in words. All are tried at the same time. */
export async function passing(ways: readonly Way[]): Promise<string[]> {
  const passes = await Promise.all(ways.map(reaches));
  return ways.filter((_, position) => passes[position]).map(inWords);
}

export function inWords([from, to]: Way): string {
  return `${from ?? 'host'} to ${to}`;
}
