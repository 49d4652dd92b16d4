import type { TarEntry } from './tar/reader.ts';
import { TarError } from './tar/tar-error.ts';

/** A file of this name removes that of the rest of its name (the OCI image specification, "Whiteouts"). */
const WHITEOUT = '.wh.';

/**
 * Refuses entries of a layer that would leave the root of the image. Symbolic links may point anywhere: they are
 * resolved below the root when the image is unpacked, and in a container. Devices are removed once it is unpacked.
 */
export function checkEntry({ type, name, linkName }: TarEntry): void {
  const parts = partsBelowRoot(name);
  if (parts === null) throw new TarError(`the entry ${JSON.stringify(name)} leaves the root`);
  const last = parts.at(-1) ?? '';
  // umoci 0.4 would remove the directory that the root is in.
  if (last.startsWith(WHITEOUT) && ['', '.', '..'].includes(last.slice(WHITEOUT.length))) {
    throw new TarError(`the entry ${JSON.stringify(name)} removes what is no entry`);
  }
  if (type === 'hard link' && partsBelowRoot(linkName) === null) {
    throw new TarError(`the hard link ${JSON.stringify(name)} to ${JSON.stringify(linkName)} leaves the root`);
  }
}

/** Null: it leads out of the root. An absolute name begins at the root. */
function partsBelowRoot(name: string): string[] | null {
  const parts: string[] = [];
  for (const part of name.split('/')) {
    if (part === '' || part === '.') continue;
    if (part !== '..') parts.push(part);
    else if (parts.pop() === undefined) return null;
  }
  return parts;
}
