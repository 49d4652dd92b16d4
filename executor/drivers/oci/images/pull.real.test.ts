import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { zstdCompressSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import {
  digestIn,
  digestOf,
  MadeLayout,
  makeBusyboxLayout,
  ZSTD_LAYER,
} from '../../../../test/support/images/layouts.ts';
import { Registry } from '../../../../test/support/images/registry.ts';
import { counts, countsIn, errorOf, notedSkopeo, openStore } from '../../../../test/support/images/store.ts';
import { makeTar } from '../../../../test/support/images/tar.ts';
import { shared, whenFinished } from '../../../../test/support/shared.ts';
import { HOST_ARCHITECTURE } from './manifests.ts';

const registry = shared(() => Registry.start());
const busybox = shared(async () => makeBusyboxLayout('one'));

function pushBusybox(name: string): string {
  return registry().push(busybox(), name, { tag: 'latest' });
}

describe('an image of a registry', () => {
  it('is described, and its tree runs', async () => {
    const { store, directory } = await openStore();
    const name = pushBusybox('pull/described:1');
    const image = await store.pull({ name });
    const digest = digestIn(busybox());
    expect(image).toMatchObject({
      ...{ name, digest, manifestDigest: digest, originDigest: digest, architecture: HOST_ARCHITECTURE },
      config: {
        ...{ entrypoint: ['/bin/sh'], command: ['-c', 'echo'], environment: ['A=b'], user: '7:8' },
        ...{ workingDirectory: '/tmp', exposedPorts: ['80/tcp'], volumes: [], stopSignal: 'SIGINT' },
      },
      created: expect.stringMatching(/^\d{4}-\d\d-\d\dT/),
      layers: [{ mediaType: 'application/vnd.oci.image.layer.v1.tar+gzip', size: expect.any(Number) }],
    });
    const blobs = join(directory, 'contents', digest.slice(7), 'layout/blobs/sha256');
    const bytes = execFileSync('find', [blobs, '-type', 'f', '-printf', '%s\n'], { encoding: 'utf8' });
    expect(image.size).toBe(
      bytes
        .trim()
        .split('\n')
        .reduce((sum, size) => sum + Number(size), 0),
    );
    expect(execFileSync('chroot', [image.root, '/bin/sh', '-c', 'busybox cat /text'], { encoding: 'utf8' })).toBe(
      'one',
    );
    expect(countsIn(directory)).toEqual(counts(1));
    expect(statSync(join(directory, 'contents')).mode & 0o777).toBe(0o700);
  });

  it('that is there needs no network, nor does a store that is opened again', async () => {
    const own = await Registry.start();
    const { store, directory } = await openStore();
    const name = own.push(busybox(), 'pull/there:1', { tag: 'latest' });
    const image = await store.pull({ name });
    await own.stop();
    expect(await store.find(name)).toEqual(image);
    await store.close();
    const again = await openStore({ directory });
    expect(await again.store.list()).toEqual([image]);
    expect(await errorOf(again.store.pull({ name }))).toMatchObject({ code: 'unreachable', transient: true });
    expect(await again.store.find(name)).toEqual(image);
  });

  it('can be pulled by digest, which finds it as the tag’s too, and needs no network the second time', async () => {
    const own = await Registry.start();
    const { store } = await openStore();
    const tagged = own.push(busybox(), 'pull/digest:1', { tag: 'latest' });
    const name = `${own.address}/pull/digest@${digestIn(busybox())}`;
    expect(await store.find(name)).toBeNull();
    const image = await store.pull({ name });
    expect(image).toMatchObject({ name, digest: digestIn(busybox()) });
    expect(await store.find(tagged)).toBeNull();
    await store.remove(name);
    const byTag = await store.pull({ name: tagged });
    expect(await store.find(name)).toEqual(byTag);
    expect(await store.find(`${own.address}/pull/other@${digestIn(busybox())}`)).toBeNull();
    await store.pull({ name });
    await own.stop();
    expect(await store.pull({ name })).toEqual(image);
  });

  it('may have another name here than there', async () => {
    const { store } = await openStore();
    const there = pushBusybox('pull/there:2');
    expect(await store.pull({ name: 'lab:here', source: `docker://${there}` })).toMatchObject({ name: 'lab:here' });
    expect(await store.find('docker.io/library/lab:here')).not.toBeNull();
    expect(await store.find(there)).toBeNull();
    const wrong = store.pull({ name: `lab@sha256:${'0'.repeat(64)}`, source: `docker://${there}` });
    expect(await errorOf(wrong)).toMatchObject({ code: 'invalid', detail: `the source has ${digestIn(busybox())}` });
  });

  it('for several platforms is the one for this host, and has the digest of the index', async () => {
    const { store } = await openStore();
    const layout = new MadeLayout();
    const own = layout.manifest({ tar: makeTar({ name: 'own' }) });
    const index = layout.index(
      ['sparc', layout.manifest({ tar: makeTar({ name: 'sparc' }) })],
      [HOST_ARCHITECTURE, own],
    );
    const name = registry().push(layout.tag('both', index).path, 'pull/index:1', { tag: 'both', all: true });
    const image = await store.pull({ name });
    expect(image).toMatchObject({ digest: index.digest, originDigest: own.digest });
    expect(readFileSync(join(image.root, 'own'), 'utf8')).toBe('');
    const strange = new MadeLayout();
    strange.tag('x', strange.index(['sparc', strange.manifest({ tar: makeTar({ name: 'x' }) })]));
    const error = await errorOf(
      store.pull({ name: registry().push(strange.path, 'pull/sparc:1', { tag: 'x', all: true }) }),
    );
    expect(error).toMatchObject({
      code: 'unsupported',
      detail: `it is not for linux/${HOST_ARCHITECTURE}, but for linux/sparc`,
    });
  });

  it('with layers in zstd is compressed again, and keeps the digest that it had', async () => {
    const { store, directory } = await openStore();
    const tar = makeTar({ name: 'hello', content: 'zstd' });
    const layout = new MadeLayout().image('z', { tar, blob: zstdCompressSync(tar), mediaType: ZSTD_LAYER });
    const name = registry().push(layout.path, 'pull/zstd:1', { tag: 'z' });
    const image = await store.pull({ name });
    const digest = digestIn(layout.path);
    expect(image).toMatchObject({ digest, originDigest: digest });
    expect(image.manifestDigest).not.toBe(digest);
    expect(readFileSync(join(image.root, 'hello'), 'utf8')).toBe('zstd');
    expect(await store.find(`${registry().address}/pull/zstd@${digest}`)).toEqual(image);
    expect(countsIn(directory)).toEqual(counts(1));
  });
});

describe('a pull of the same name', () => {
  it('copies nothing if the image is the same', async () => {
    const { searchPath, lines } = notedSkopeo();
    const { store } = await openStore({ searchPath });
    const name = pushBusybox('pull/same:1');
    const image = await store.pull({ name });
    expect(await store.pull({ name })).toEqual(image);
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['inspect', 'copy', 'inspect']);
  });

  it('replaces the image, whose files go unless another name needs them', async () => {
    const { store, directory } = await openStore();
    const name = pushBusybox('pull/moved:1');
    const old = await store.pull({ name });
    registry().push(makeBusyboxLayout('two'), 'pull/moved:1', { tag: 'latest' });
    const image = await store.pull({ name });
    expect(readFileSync(join(image.root, 'text'), 'utf8')).toBe('two');
    expect(await store.list()).toEqual([image]);
    expect(image.root).not.toBe(old.root);
    expect(countsIn(directory)).toEqual(counts(1));
  });

  it('leaves a tree that is mounted, until it is not', async () => {
    const { store, directory } = await openStore();
    const name = pushBusybox('pull/mounted:1');
    const { root } = await store.pull({ name });
    const mount = join(temporaryDirectory(), 'mount');
    mkdirSync(mount);
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', mount]);
    whenFinished(() => execFileSync('umount', ['--lazy', mount]));
    for (const part of ['upper', 'work', 'merged']) mkdirSync(join(mount, part));
    const options = `lowerdir=${root},upperdir=${mount}/upper,workdir=${mount}/work`;
    execFileSync('mount', ['-t', 'overlay', 'overlay', '-o', options, join(mount, 'merged')]);
    registry().push(makeBusyboxLayout('two'), 'pull/mounted:1', { tag: 'latest' });
    await store.pull({ name });
    expect(readFileSync(join(mount, 'merged/text'), 'utf8')).toBe('one');
    expect(countsIn(directory)).toEqual(counts(1, 2));
    execFileSync('umount', [join(mount, 'merged')]);
    await store.remove(name);
    expect(countsIn(directory)).toEqual(counts(0));
  });
});

describe('two names of one image', () => {
  it('share its files, which go with the last of them', async () => {
    const { searchPath, lines } = notedSkopeo();
    const { store, directory } = await openStore({ searchPath });
    const [one, two] = [pushBusybox('pull/one:1'), pushBusybox('pull/two:1')];
    const images = [await store.pull({ name: one }), await store.pull({ name: two })];
    expect(new Set(images.map(({ root }) => root)).size).toBe(1);
    expect(lines().filter((line) => line.startsWith('copy'))).toHaveLength(1);
    expect((await store.list()).map(({ name }) => name)).toEqual([one, two]);
    expect(countsIn(directory)).toEqual(counts(2, 1));
    await store.remove(one);
    expect(await store.list()).toEqual([images[1]]);
    await store.remove(two);
    await store.remove(two);
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('that are pulled at once are both there', async () => {
    const { store, directory } = await openStore();
    const names = [pushBusybox('pull/three:1'), pushBusybox('pull/four:1')];
    await Promise.all(names.map((name) => store.pull({ name })));
    expect((await store.list()).map(({ name }) => name).sort()).toEqual([...names].sort());
    expect(countsIn(directory)).toEqual(counts(2, 1));
  });
});

describe('files that somebody has removed', () => {
  it('are brought again by a pull, and not found before', async () => {
    const { store, directory } = await openStore();
    const name = pushBusybox('pull/removed:1');
    const image = await store.pull({ name });
    rmSync(image.root, { recursive: true });
    expect([await store.find(name), await store.list()]).toEqual([null, []]);
    expect(await store.pull({ name })).toEqual(image);
    expect(readFileSync(join(image.root, 'text'), 'utf8')).toBe('one');
    expect(countsIn(directory)).toEqual(counts(1));
  });
});

describe('a layer', () => {
  it('of an unknown type is refused with its type', async () => {
    const { store, imports, directory } = await openStore();
    const tar = makeTar({ name: 'x' });
    new MadeLayout(join(imports, 'odd')).image('x', { tar, mediaType: 'application/vnd.example.layer.v1.squashfs' });
    const error = await errorOf(store.pull({ name: 'odd', source: 'oci:odd' }));
    expect(error.code).toBe('unsupported');
    expect(error.message).toMatch(/^pull odd:latest: the layer sha256:\w+ is of the unknown type .*\.squashfs$/);
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('that is at an address of its own is not fetched from there', async () => {
    const { store, imports } = await openStore();
    const tar = makeTar({ name: 'x' });
    new MadeLayout(join(imports, 'far')).image('x', { tar, urls: [`http://${registry().address}/v2/`] });
    expect(await errorOf(store.pull({ name: 'far', source: 'oci:far' }))).toMatchObject({
      code: 'unsupported',
      detail: expect.stringContaining('at an address of its own'),
    });
  });

  it('that is not what the configuration says is refused', async () => {
    const { store, imports, directory } = await openStore();
    const layout = new MadeLayout(join(imports, 'wrong'));
    layout.image('x', {
      tar: makeTar({ name: 'said' }),
      blob: makeTar({ name: 'is' }),
      mediaType: ZSTD_LAYER.replace('+zstd', ''),
    });
    const error = await errorOf(store.pull({ name: 'wrong', source: 'oci:wrong' }));
    expect(error).toMatchObject({ code: 'invalid', detail: expect.stringContaining('diffid mismatch') });
    expect(error.detail).toContain(digestOf(makeTar({ name: 'is' })));
    expect(countsIn(directory)).toEqual(counts(0));
  });
});
