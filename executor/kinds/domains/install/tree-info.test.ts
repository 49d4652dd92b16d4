import { describe, expect, test } from 'vitest';
import { parseIni } from './ini.ts';
import { readTreeInfo } from './tree-info.ts';

const root = new URL('http://mirror.example/fedora/os/');
const KERNEL_SUM = 'a'.repeat(64);
const INITRD_SUM = 'B'.repeat(64);

/** As Fedora's, abridged. */
const FEDORA = `[checksums]
images/pxeboot/vmlinuz = sha256:${KERNEL_SUM}
images/pxeboot/initrd.img = sha256:${INITRD_SUM}

[general]
; WARNING.0 = This section provides compatibility with pre-productmd treeinfos.
arch = x86_64
family = Fedora
name = Fedora 41
version = 41
[images-x86_64]
boot.iso = images/boot.iso
initrd = images/pxeboot/initrd.img
kernel = images/pxeboot/vmlinuz
[images-xen]
kernel = images/pxeboot/other
`;

test('kernel and initrd with their checksums', () => {
  expect(readTreeInfo(FEDORA, root)).toEqual({
    family: 'red hat',
    name: 'Fedora 41',
    kernel: { url: 'http://mirror.example/fedora/os/images/pxeboot/vmlinuz', sha256: KERNEL_SUM },
    initrd: { url: 'http://mirror.example/fedora/os/images/pxeboot/initrd.img', sha256: INITRD_SUM.toLowerCase() },
    checksums: null,
  });
});

test.each([
  ['Fedora', 'red hat'],
  ['Red Hat Enterprise Linux', 'red hat'],
  ['Rocky Linux', 'red hat'],
  ['openSUSE Leap', 'suse'],
  ['SUSE Linux Enterprise', 'suse'],
  ['Debian', 'debian'],
])('%s is of the family %s', (family, expected) => {
  expect(readTreeInfo(FEDORA.replace('family = Fedora', `family = ${family}`), root)?.family).toBe(expected);
});

test('a minimal tree: no architecture, no name, no checksum', () => {
  const text = '[general]\nfamily=Tiny\nversion=1\n[images-x86_64]\nkernel=k\ninitrd=i';
  expect(readTreeInfo(text, root)).toMatchObject({
    name: 'Tiny 1',
    kernel: { url: `${root.href}k`, sha256: null },
    initrd: { url: `${root.href}i`, sha256: null },
  });
});

test.each([
  ['no INI file', '<html>not found</html>'],
  ['no images', '[general]\nfamily = Fedora'],
  ['images of another architecture', FEDORA.replace('[images-x86_64]', '[images-s390x]')],
  ['no initrd', FEDORA.replace(/^initrd.*$/m, '')],
  ['a kernel above the tree', FEDORA.replace('= images/pxeboot/vmlinuz', '= ../../vmlinuz')],
  ['a kernel elsewhere on the server', FEDORA.replace('= images/pxeboot/vmlinuz', '= /vmlinuz')],
  ['a kernel on another server', FEDORA.replace('= images/pxeboot/vmlinuz', '= http://127.0.0.1/vmlinuz')],
  ['a kernel that is the tree', FEDORA.replace('= images/pxeboot/vmlinuz', '= .')],
])('%s: no tree', (_, text) => {
  expect(readTreeInfo(text, root)).toBeNull();
});

test.each([`md5:${'a'.repeat(32)}`, `sha256:${'a'.repeat(63)}`, 'sha256:'])('%s is no SHA-256', (checksum) => {
  expect(readTreeInfo(FEDORA.replace(`sha256:${KERNEL_SUM}`, checksum), root)?.kernel.sha256).toBeNull();
});

describe('INI', () => {
  test('values by sections, in either notation, with comments left out', () => {
    const text =
      '# a = b\r\n[one]\r\n; c = d\r\na = b = c\r\nd:e\r\n  indented = no\r\n[two words]\r\na=\r\n[one]\r\nz = 1\r\nno value\r\n';
    expect([...parseIni(text)].map(([name, values]) => [name, Object.fromEntries(values)])).toEqual([
      ['one', { a: 'b = c', d: 'e', z: '1' }],
      ['two words', { a: '' }],
    ]);
  });

  test('a value before any section is nowhere', () => {
    expect([...parseIni('a = b')]).toEqual([]);
  });
});
