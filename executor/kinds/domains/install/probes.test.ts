import { describe, expect, test } from 'vitest';
import { treeProbes } from './probes.ts';
import { type InstallTree, withChecksums } from './tree.ts';

/** What a server with these files makes of a location: the tree of the first probe that finds one. */
function treeAt(location: string, files: Readonly<Record<string, string>>): InstallTree | null {
  for (const { url, isRead, tree } of treeProbes(location)) {
    const content = files[url];
    const found = content === undefined ? null : tree(isRead ? content : '');
    if (found !== null) return found;
  }
  return null;
}

const installer = 'http://deb.example/debian/dists/bookworm/main/installer-amd64';
const MANIFEST = 'netboot/netboot.tar.gz        tarball of netboot directory, for booting Debian over the network\n';

test('the order in which a location is searched', () => {
  expect(treeProbes(installer).map(({ url }) => url.slice(installer.length + 1))).toEqual([
    '.treeinfo',
    'treeinfo',
    'current/images/MANIFEST',
    'current/legacy-images/MANIFEST',
    'daily/MANIFEST',
    '.disk/info',
    'debian-installer/amd64/linux',
    'ubuntu-installer/amd64/linux',
    'main/installer-amd64/current/images/MANIFEST',
    'main/installer-amd64/current/legacy-images/MANIFEST',
  ]);
});

test('a location is a directory, with or without its slash, and its query is not that of the files', () => {
  const urls = (location: string) => treeProbes(location).map(({ url }) => url);
  expect(urls(`${installer}/`)).toEqual(urls(installer));
  expect(urls(`${installer}?a=b#c`)).toEqual(urls(installer));
  for (const rest of ['?a=b', '#c']) {
    const tree = treeAt(`${installer}${rest}`, { [`${installer}/current/images/MANIFEST`]: MANIFEST });
    expect(tree?.kernel.url).toMatch(/amd64\/linux$/);
  }
});

describe('Debian', () => {
  test('an installer of a suite, with its checksums', () => {
    const tree = treeAt(installer, { [`${installer}/current/images/MANIFEST`]: MANIFEST });
    const netboot = `${installer}/current/images/netboot/debian-installer/amd64`;
    expect(tree).toEqual({
      family: 'debian',
      name: 'Debian',
      kernel: { url: `${netboot}/linux`, sha256: null },
      initrd: { url: `${netboot}/initrd.gz`, sha256: null },
      checksums: `${installer}/current/images/SHA256SUMS`,
    });
  });

  test('the suite itself', () => {
    const suite = 'http://deb.example/debian/dists/bookworm';
    const tree = treeAt(suite, { [`${installer}/current/images/MANIFEST`]: MANIFEST });
    expect(tree?.kernel.url).toBe(`${installer}/current/images/netboot/debian-installer/amd64/linux`);
  });

  test.each([
    [`${installer.replace('amd64', 'i386')}/`, 'current/images/', 'i386'],
    ['https://d-i.example/daily-images/amd64/', 'daily/', 'amd64'],
    ['https://d-i.example/daily-images/i386/', 'daily/', 'i386'],
    ['http://deb.example/i386/', 'current/images/', 'amd64'],
  ])('%s%s is for %s', (location, images, architecture) => {
    const tree = treeAt(location, { [`${location}${images}MANIFEST`]: MANIFEST });
    expect(tree?.initrd.url).toBe(`${location}${images}netboot/debian-installer/${architecture}/initrd.gz`);
  });

  test('the content of a disk', () => {
    const location = 'http://deb.example/disk/';
    const tree = treeAt(location, { [`${location}.disk/info`]: 'Debian GNU/Linux 12.5.0 "Bookworm" - Official amd64' });
    expect(tree?.kernel.url).toBe(`${location}install/netboot/debian-installer/amd64/linux`);
    expect(tree?.checksums).toBeNull();
  });

  test('an unpacked netboot.tar.gz', () => {
    const location = 'http://deb.example/netboot/';
    const tree = treeAt(location, { [`${location}debian-installer/amd64/linux`]: 'the kernel' });
    expect(tree).toMatchObject({ family: 'debian', initrd: { url: `${location}debian-installer/amd64/initrd.gz` } });
  });
});

describe('Ubuntu', () => {
  test('its last installer of this kind, whose description mentions Debian', () => {
    const location = 'http://archive.example/ubuntu/dists/focal/main/installer-amd64/';
    const text = 'netboot/mini.iso   Ubuntu, made with the installer of Debian';
    const tree = treeAt(location, { [`${location}current/legacy-images/MANIFEST`]: text });
    expect(tree).toMatchObject({
      family: 'ubuntu',
      kernel: { url: `${location}current/legacy-images/netboot/ubuntu-installer/amd64/linux` },
    });
  });

  test('an unpacked netboot.tar.gz', () => {
    const location = 'http://archive.example/netboot/';
    const tree = treeAt(location, { [`${location}ubuntu-installer/amd64/linux`]: '' });
    expect(tree?.family).toBe('ubuntu');
  });
});

test('a .treeinfo that names nothing for us does not end the search; nor does a page instead of a MANIFEST', () => {
  const files = {
    [`${installer}/.treeinfo`]: '[general]\nfamily = Debian',
    [`${installer}/current/images/MANIFEST`]: MANIFEST,
  };
  expect(treeAt(installer, files)?.kernel.url).toContain('/netboot/debian-installer/');
  const page = { [`${installer}/current/images/MANIFEST`]: '<html>Welcome</html>' };
  expect(treeAt(installer, page)).toBeNull();
});

describe('checksums in a file of their own', () => {
  const tree = treeAt(installer, { [`${installer}/current/images/MANIFEST`]: MANIFEST });
  const kernel = 'a'.repeat(64);
  const initrd = 'b'.repeat(64);
  const listing = [
    `${'c'.repeat(64)}  ./netboot/debian-installer/amd64/other`,
    `${kernel}  ./netboot/debian-installer/amd64/linux`,
    `${initrd.toUpperCase()} *netboot/debian-installer/amd64/initrd.gz`,
    'no checksum',
  ].join('\n');

  test('are those of the files that it names', () => {
    const summed = tree === null ? null : withChecksums(tree, listing);
    expect([summed?.kernel.sha256, summed?.initrd.sha256]).toEqual([kernel, initrd]);
  });

  test('a file that it does not name has none', () => {
    const summed = tree === null ? null : withChecksums(tree, '');
    expect([summed?.kernel.sha256, summed?.initrd.sha256]).toEqual([null, null]);
  });
});
