/** An installer whose kernel and initrd can be booted: what was found at a location. */
export interface InstallTree {
  readonly family: Family;
  /** Its own name, for people: `Fedora Linux 41`. */
  readonly name: string;
  readonly kernel: TreeFile;
  readonly initrd: TreeFile;
  /** Where its checksums are, if in a file of their own (`sha256sum` format), which an old tree may lack; else null. */
  readonly checksums: string | null;
}

/** Distributions whose installers are told in different words where their packages are. */
export type Family = 'debian' | 'ubuntu' | 'red hat' | 'suse' | 'other';

export interface TreeFile {
  readonly url: string;
  /** In hexadecimal digits of lower case; null if the tree does not say. */
  readonly sha256: string | null;
}

/** The root of a tree: with the slash that makes other addresses relative to it. */
export function treeRoot(location: string): URL {
  const root = new URL(location);
  root.search = '';
  root.hash = '';
  if (!root.pathname.endsWith('/')) root.pathname += '/';
  return root;
}

/** The address of a file below the root; null for one that is elsewhere, whatever the tree says. */
export function below(root: URL, path: string): string | null {
  const resolved = URL.canParse(path, root) ? new URL(path, root).href : '';
  return resolved.startsWith(root.href) && resolved !== root.href ? resolved : null;
}

/**
 * The tree with the checksums of its file of them.
 *
 * @param listing in the format of `sha256sum`, with paths relative to the file's own directory
 */
export function withChecksums(tree: InstallTree, listing: string): InstallTree {
  const { checksums } = tree;
  if (checksums === null) return tree;
  const sums = new Map(
    listing.split('\n').flatMap((line) => {
      const [, sum = '', path = ''] = /^([0-9a-f]{64})\s+\*?(\S.*?)\s*$/i.exec(line) ?? [];
      return URL.canParse(path, checksums) ? [[new URL(path, checksums).href, sum.toLowerCase()] as const] : [];
    }),
  );
  const summed = (file: TreeFile): TreeFile => ({ ...file, sha256: sums.get(file.url) ?? file.sha256 });
  return { ...tree, kernel: summed(tree.kernel), initrd: summed(tree.initrd) };
}
