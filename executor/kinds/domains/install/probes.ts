import { netbootDirectory, netbootTree, readDebian } from './debian.ts';
import { type InstallTree, treeRoot } from './tree.ts';
import { readTreeInfo } from './tree-info.ts';

/** A file that tells an install tree by its presence, and mostly by its content. */
export interface TreeProbe {
  readonly url: string;
  /** Whether its content matters: an image is only asked for (HEAD). */
  readonly isRead: boolean;
  /** The tree; null if this is not the file that it should be, and the next probe is tried. */
  readonly tree: (content: string) => InstallTree | null;
}

/**
 * What is looked for at a location, in this order, as virt-install does: `.treeinfo`, or `treeinfo` on servers that hide the
 * other; the MANIFEST of Debian's installer, of Ubuntu's last one, of a daily build; the name of a disk whose content is
 * served; and at last an unpacked `netboot.tar.gz`, or a suite's directory of a mirror.
 *
 * @param location an http or https address
 */
export function treeProbes(location: string): readonly TreeProbe[] {
  const root = treeRoot(location);
  const read = (path: string, tree: TreeProbe['tree']): TreeProbe => ({
    url: new URL(path, root).href,
    isRead: true,
    tree,
  });
  const manifest = (images: string) =>
    read(`${images}MANIFEST`, (text) => readDebian(text, root, { images, hasChecksums: true }));
  const netboot = (family: 'debian' | 'ubuntu'): TreeProbe => ({
    url: new URL(`${netbootDirectory(family, root)}linux`, root).href,
    isRead: false,
    tree: () => netbootTree(family, root),
  });
  return [
    read('.treeinfo', (text) => readTreeInfo(text, root)),
    read('treeinfo', (text) => readTreeInfo(text, root)),
    manifest('current/images/'),
    manifest('current/legacy-images/'),
    manifest('daily/'),
    read('.disk/info', (text) => readDebian(text, root, { images: 'install/', hasChecksums: false })),
    netboot('debian'),
    netboot('ubuntu'),
    manifest('main/installer-amd64/current/images/'),
    manifest('main/installer-amd64/current/legacy-images/'),
  ];
}
