import { below, type InstallTree } from './tree.ts';

type DebianFamily = 'debian' | 'ubuntu';

/** Where the images of a Debian installer are, from the root of the tree, and whether checksums lie beside them. */
export interface DebianLayout {
  readonly images: string;
  readonly hasChecksums: boolean;
}

/** The tree whose MANIFEST, or name on its disk, this is; null if it is none of Debian's installer. */
export function readDebian(text: string, root: URL, { images, hasChecksums }: DebianLayout): InstallTree | null {
  const family = familyOf(text);
  if (family === null) return null;
  const netboot = `${images}netboot/${family}-installer/${architecture(root)}/`;
  return debianTree(family, root, netboot, hasChecksums ? `${images}SHA256SUMS` : null);
}

/** The unpacked `netboot.tar.gz`, which has nothing that names it but its paths. */
export function netbootTree(family: DebianFamily, root: URL): InstallTree | null {
  return debianTree(family, root, netbootDirectory(family, root), null);
}

export function netbootDirectory(family: DebianFamily, root: URL): string {
  return `${family}-installer/${architecture(root)}/`;
}

function debianTree(family: DebianFamily, root: URL, directory: string, checksums: string | null): InstallTree | null {
  const kernel = below(root, `${directory}linux`);
  const initrd = below(root, `${directory}initrd.gz`);
  if (kernel === null || initrd === null) return null;
  return {
    family,
    name: family === 'debian' ? 'Debian' : 'Ubuntu',
    kernel: { url: kernel, sha256: null },
    initrd: { url: initrd, sha256: null },
    checksums: checksums === null ? null : below(root, checksums),
  };
}

/** Ubuntu's descriptions mention Debian, too. */
function familyOf(text: string): DebianFamily | null {
  if (/ubuntu/i.test(text)) return 'ubuntu';
  return /debian/i.test(text) ? 'debian' : null;
}

/** A guest runs programs of 32 bits as well, so a tree of them is what its location says. */
function architecture(root: URL): 'amd64' | 'i386' {
  return /\/(?:installer-|daily-images\/)i386\//.test(root.pathname) ? 'i386' : 'amd64';
}
