import { existsSync, lstatSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { MadeLayout, makeBusyboxLayout } from '../../../../test/support/images/layouts.ts';
import { copyImage } from '../../../../test/support/images/skopeo.ts';
import { counts, countsIn, errorOf, openStore, searchPathWith } from '../../../../test/support/images/store.ts';
import { type MadeEntry, makeTar } from '../../../../test/support/images/tar.ts';
import type { Log } from './settings.ts';
import type { ImageStoreOptions } from './store.ts';

/** Imports an image whose layers have these entries. */
async function importing(options: Partial<ImageStoreOptions>, ...layers: readonly (readonly MadeEntry[])[]) {
  const opened = await openStore(options);
  const made = layers.map((entries) => ({ tar: makeTar(...entries) }));
  new MadeLayout(join(opened.imports, 'layout')).image('x', ...made);
  return { ...opened, pull: () => opened.store.pull({ name: 'hostile', source: 'oci:layout' }) };
}

describe('an entry that leaves the root', () => {
  it.each<[string, readonly MadeEntry[]]>([
    ['is named ..', [{ name: '../escaped', content: 'x' }]],
    ['is named .. behind a part', [{ name: 'a/../../escaped', content: 'x' }]],
    ['is named .. in an extended header', [{ name: 'a', pax: { path: '../escaped' }, content: 'x' }]],
    [
      'is named .. in a long name',
      [
        { name: 'long', type: 'L', content: '../escaped\0' },
        { name: 'a', content: 'x' },
      ],
    ],
    ['is a hard link to ..', [{ name: 'a', type: '1', linkName: '../../escaped' }]],
    ['is a hard link in an extended header', [{ name: 'a', type: '1', pax: { linkpath: '../escaped' } }]],
    ['removes the directory above', [{ name: '.wh...' }]],
    ['removes the directory above another', [{ name: 'a/b', content: 'x' }, { name: 'a/.wh...' }]],
    ['removes the root', [{ name: '.wh..' }]],
    ['removes what has no name', [{ name: 'a/.wh./', type: '5' }]],
  ])('is refused: it %s', async (_, entries) => {
    const { pull, directory } = await importing({}, entries);
    const error = await errorOf(pull());
    expect(error).toMatchObject({ code: 'invalid', transient: false, action: 'pull hostile:latest' });
    expect(error.detail).toMatch(/^the layer sha256:\w+: the .* (?:leaves the root|removes what is no entry)$/);
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it.each<[string, (outside: string) => readonly MadeEntry[], (outside: string) => string]>([
    [
      'has an absolute name',
      (outside) => [{ name: 'a', pax: { path: `${outside}/escaped` }, content: 'x' }],
      (outside) => `${outside}/escaped`,
    ],
    [
      'goes through an absolute link',
      (outside) => [
        { name: 'a', type: '2', linkName: outside },
        { name: 'a/escaped', content: 'x' },
      ],
      (outside) => `${outside}/escaped`,
    ],
    [
      'replaces a link',
      (outside) => [
        { name: 'a', type: '2', linkName: `${outside}/there` },
        { name: 'a', content: 'x' },
      ],
      () => 'a',
    ],
  ])('lands in the root: it %s', async (_, entries, landed) => {
    const outside = temporaryDirectory();
    writeFileSync(join(outside, 'there'), 'old');
    const { pull } = await importing({}, entries(outside));
    const { root } = await pull();
    expect([readdirSync(outside), readFileSync(join(outside, 'there'), 'utf8')]).toEqual([['there'], 'old']);
    expect(readFileSync(join(root, landed(outside)), 'utf8')).toBe('x');
  });
});

describe('a link to the outside', () => {
  it.each<[string, readonly MadeEntry[]]>([
    ['a hard link to an absolute path', [{ name: 'a', type: '1', linkName: '/etc/hostname' }]],
    [
      'a hard link through a link',
      [
        { name: 'etc', type: '2', linkName: '/etc' },
        { name: 'a', type: '1', linkName: 'etc/hostname' },
      ],
    ],
  ])('is refused: %s', async (_, entries) => {
    const { pull, directory } = await importing({}, entries);
    expect(await errorOf(pull())).toMatchObject({ code: 'invalid', detail: expect.stringContaining('umoci: ') });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('is kept if it is a symbolic one, but leads nowhere outside', async () => {
    const { pull } = await importing(
      {},
      [{ name: 'a', type: '2', linkName: '/etc' }],
      [{ name: 'a/marker', content: 'x' }],
    );
    const { root } = await pull();
    expect(lstatSync(join(root, 'a')).isSymbolicLink()).toBe(true);
    expect([existsSync('/etc/marker'), readFileSync(join(root, 'etc/marker'), 'utf8')]).toEqual([false, 'x']);
  });

  it('is refused if the root itself is to be one', async () => {
    const { pull, directory } = await importing({}, [{ name: '.', type: '2', linkName: '/tmp' }]);
    expect((await errorOf(pull())).code).toBe('invalid');
    expect(countsIn(directory)).toEqual(counts(0));
  });
});

describe('a tree', () => {
  it('has no devices, also not in a directory whose name is no UTF-8, and keeps its modes', async () => {
    const odd = Buffer.from([0x6f, 0xff, 0x2f]);
    const { pull, directory, store } = await importing({}, [
      { name: 'dev/null', type: '3', device: [1, 3], mode: 0o666 },
      { name: 'dev/sda', type: '4', device: [8, 0], mode: 0o666 },
      { name: 'whiteout', type: '3', device: [0, 0] },
      { name: Buffer.concat([odd, Buffer.from('zero')]), type: '3', device: [1, 5] },
      { name: 'pipe', type: '6' },
      { name: 'setuid', mode: 0o4755, content: 'x' },
    ]);
    const { root } = await pull();
    const oddDirectory = Buffer.concat([Buffer.from(`${root}/`), odd]);
    expect([readdirSync(join(root, 'dev')), readdirSync(oddDirectory)]).toEqual([[], []]);
    expect(readdirSync(root)).toHaveLength(4);
    expect(lstatSync(join(root, 'setuid')).mode & 0o7777).toBe(0o4755);
    await store.remove('hostile');
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('for another architecture is unpacked, with a warning', async () => {
    const warnings: string[] = [];
    const log: Log = (level, text, data) => warnings.push(`${level} ${text} ${JSON.stringify(data)}`);
    const { store, imports } = await openStore({ log });
    const layout = new MadeLayout(join(imports, 'sparc'));
    layout.tag('x', layout.manifest({ tar: makeTar({ name: 'x' }), architecture: 'sparc' }));
    await store.pull({ name: 'sparc', source: 'oci:sparc' });
    expect(warnings).toEqual([
      'warn an image is for another architecture {"action":"pull sparc:latest","architecture":"sparc"}',
    ]);
  });

  it('is what its layers make of it', async () => {
    const { pull } = await importing(
      {},
      [
        { name: 'kept', content: '1' },
        { name: 'gone', content: '1' },
      ],
      [{ name: '.wh.gone' }, { name: 'new', content: '2' }],
    );
    const { root, layers } = await pull();
    expect([readdirSync(root).sort(), layers.length]).toEqual([['kept', 'new'], 2]);
  });
});

describe('a limit', () => {
  const three: readonly MadeEntry[] = ['a', 'b', 'c'].map((name) => ({ name, content: 'x'.repeat(512) }));

  it.each<[string, Partial<ImageStoreOptions['limits']>, string]>([
    ['entries', { entries: 5 }, 'its layers have over 5 entries'],
    ['bytes', { unpackedBytes: 8_000 }, 'its layers have over 8000 bytes'],
    ['layers', { layers: 1 }, 'it has 2 layers, over 1'],
    ['compressed bytes', { compressedBytes: 100 }, 'its layers are of '],
  ])('of %s counts all layers, and leaves nothing', async (_, limits, words) => {
    const { pull, directory } = await importing({ limits: { ...limits } }, three, three);
    const error = await errorOf(pull());
    expect(error).toMatchObject({ code: 'limit', transient: false, detail: expect.stringContaining(words) });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('is not reached by what has just as much', async () => {
    const { pull } = await importing({ limits: { entries: 6, unpackedBytes: 8_192, layers: 2 } }, three, three);
    expect(readdirSync((await pull()).root)).toHaveLength(3);
  });

  it('holds for a layer that says less than it is', async () => {
    const { pull, imports, directory } = await importing({ limits: { unpackedBytes: 1_000_000 } }, three);
    const layout = new MadeLayout(join(imports, 'bomb'));
    // A kilobyte for each megabyte.
    const tar = makeTar({ name: 'zeros', content: Buffer.alloc(5_000_000) });
    layout.image('x', { tar, blob: gzipSync(tar) });
    expect(readdirSync((await pull()).root)).toHaveLength(3);
    const { store } = await openStore({ importDirectory: imports, limits: { unpackedBytes: 1_000_000 } });
    expect((await errorOf(store.pull({ name: 'x', source: 'oci:bomb' }))).code).toBe('limit');
    expect(countsIn(directory)).toEqual(counts(1));
  });

  it('is not evaded by a sparse file', async () => {
    const sparse = { 'GNU.sparse.major': '1', 'GNU.sparse.minor': '0', 'GNU.sparse.realsize': '5000000000' };
    const { pull, directory } = await importing({}, [
      { name: 'a', pax: sparse, content: Buffer.from('1\n0\n1\n'.padEnd(512, '\0')) },
    ]);
    expect(await errorOf(pull())).toMatchObject({ code: 'invalid', detail: expect.stringContaining('a sparse file') });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('of compressed bytes holds while they arrive, where nothing says before how many there are', async () => {
    // skopeo stays, so that it is seen at any speed.
    const searchPath = searchPathWith({ program: 'skopeo', script: '"$REAL" "$@"\nexec sleep 600' });
    const { store, imports, directory } = await openStore({ limits: { compressedBytes: 500_000 }, searchPath });
    const docker = `docker-archive:${imports}/lab.tar:lab:1`;
    copyImage(`oci:${makeBusyboxLayout('large')}:latest`, docker);
    expect(await errorOf(store.pull({ name: 'lab', source: 'docker-archive:lab.tar' }))).toMatchObject({
      code: 'limit',
      detail: 'it is over 500000 bytes',
    });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('of an archive holds before anything is extracted from what is in it', async () => {
    const { store, imports, directory } = await openStore({ limits: { compressedBytes: 1_000_000 } });
    const tar = makeTar({ name: `blobs/sha256/${'0'.repeat(64)}`, content: Buffer.alloc(3_000_000) });
    writeFileSync(join(imports, 'bomb.tgz'), gzipSync(tar));
    expect(await errorOf(store.pull({ name: 'x', source: 'oci-archive:bomb.tgz' }))).toMatchObject({
      code: 'limit',
      detail: 'the archive is over 1000000 bytes',
    });
    expect(countsIn(directory)).toEqual(counts(0));
  });
});
