import { parseIni } from './ini.ts';
import { below, type Family, type InstallTree, type TreeFile } from './tree.ts';

/** Of the guests: the only one that QEMU runs here. */
const ARCHITECTURE = 'x86_64';

/**
 * The kernel and the initrd that a `.treeinfo` names (productmd's "Treeinfo file format", 1.x), with the checksums of its
 * section of them; null if it names none for this architecture, or one outside of the tree.
 */
export function readTreeInfo(text: string, root: URL): InstallTree | null {
  const ini = parseIni(text);
  const general = ini.get('general');
  const images = ini.get(`images-${general?.get('arch') ?? ARCHITECTURE}`);
  const file = (name: string): TreeFile | null => {
    const path = images?.get(name);
    const url = path === undefined ? null : below(root, path);
    return path === undefined || url === null ? null : { url, sha256: sha256From(ini.get('checksums')?.get(path)) };
  };
  const kernel = file('kernel');
  const initrd = file('initrd');
  if (kernel === null || initrd === null) return null;
  const family = general?.get('family') ?? '';
  const name = general?.get('name') ?? `${family} ${general?.get('version') ?? ''}`.trim();
  return { family: familyOf(family), name, kernel, initrd, checksums: null };
}

function sha256From(checksum: string | undefined): string | null {
  return /^sha256:([0-9a-f]{64})$/i.exec(checksum ?? '')?.[1]?.toLowerCase() ?? null;
}

/** Anaconda's distributions are not all known by name: the others with a `.treeinfo` are its own, but for SUSE's. */
function familyOf(name: string): Family {
  if (/suse/i.test(name)) return 'suse';
  if (/debian/i.test(name)) return 'debian';
  return 'red hat';
}
