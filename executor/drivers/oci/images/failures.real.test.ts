import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../../../test/support/database.ts';
import { digestIn, MadeLayout, makeBusyboxLayout } from '../../../../test/support/images/layouts.ts';
import { FaultyProxy } from '../../../../test/support/images/proxy.ts';
import { credentialsFor, PASSWORD, Registry } from '../../../../test/support/images/registry.ts';
import {
  counts,
  countsIn,
  errorOf,
  isRunning,
  notedSkopeo,
  openStore,
  searchPathWith,
} from '../../../../test/support/images/store.ts';
import { makeTar } from '../../../../test/support/images/tar.ts';
import { shared, whenFinished } from '../../../../test/support/shared.ts';
import { until } from '../../../../test/support/until.ts';

const registry = shared(() => Registry.start());
const busybox = shared(async () => makeBusyboxLayout('one'));

/** Less than the image of busybox. */
const SOME_BYTES = 200_000;

describe('a registry with users', () => {
  it('gives its images to the user of the credentials file, whose password appears nowhere', async () => {
    const own = await Registry.start({ isPrivate: true });
    const name = own.push(busybox(), 'private/x:1', { tag: 'latest' });
    const { searchPath, lines } = notedSkopeo();
    const { store } = await openStore({ credentialsFile: credentialsFor(own.address), searchPath });
    expect(await store.pull({ name })).toMatchObject({ name });
    expect(lines()).toHaveLength(2);
    for (const secret of [PASSWORD, Buffer.from(PASSWORD).toString('base64')]) {
      expect(lines().join()).not.toContain(secret);
    }
  });

  it.each([
    ['without credentials', () => null, 'authentication required'],
    ['with a wrong password', (address: string) => credentialsFor(address, 'wrong-horse'), 'authentication required'],
    ['with those of another one', () => credentialsFor('registry.example'), 'authentication required'],
    [
      'with a file that is not there',
      () => '/nowhere/auth.json',
      'the credentials file /nowhere/auth.json cannot be read',
    ],
  ])('refuses %s', async (_, file, words) => {
    const own = await Registry.start({ isPrivate: true });
    const name = own.push(busybox(), 'private/x:1', { tag: 'latest' });
    const { store, directory } = await openStore({ credentialsFile: file(own.address) });
    const error = await errorOf(store.pull({ name }));
    expect(error).toMatchObject({ code: 'denied', transient: false, action: `pull ${name}` });
    expect(error.message).toContain(words);
    expect(error.message).not.toContain('wrong-horse');
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('is read with the password that the file has now', async () => {
    const own = await Registry.start({ isPrivate: true });
    const name = own.push(busybox(), 'private/x:1', { tag: 'latest' });
    const credentialsFile = credentialsFor(own.address, 'wrong-horse');
    const { store } = await openStore({ credentialsFile });
    expect((await errorOf(store.pull({ name }))).code).toBe('denied');
    writeFileSync(credentialsFile, readFileSync(credentialsFor(own.address)));
    expect(await store.pull({ name })).toMatchObject({ name });
  });
});

describe('an image that', () => {
  it.each(['lab/none:1', 'lab/there:none', `lab/there@sha256:${'0'.repeat(64)}`])(
    'the registry does not have is unknown: %s',
    async (path) => {
      registry().push(busybox(), 'lab/there:1', { tag: 'latest' });
      const { store, directory } = await openStore();
      const name = `${registry().address}/${path}`;
      const error = await errorOf(store.pull({ name }));
      expect(error).toMatchObject({ code: 'unknown', transient: false, action: `pull ${name}` });
      expect(error.detail).toContain('manifest unknown');
      expect([await store.find(name), countsIn(directory)]).toEqual([null, counts(0)]);
    },
  );

  it('has a wrong name or source is refused by all calls', async () => {
    const { store } = await openStore();
    for (const call of [store.pull({ name: 'X' }), store.find('X'), store.remove('X')]) {
      expect(await errorOf(call)).toMatchObject({ code: 'invalid', message: expect.stringContaining('"X"') });
    }
    expect(await errorOf(store.pull({ name: 'x', source: 'dir:x' }))).toMatchObject({ code: 'invalid' });
  });

  it('is in a registry without TLS comes only over loopback', async () => {
    execFileSync('ip', ['address', 'add', '10.201.0.1/32', 'dev', 'lo']);
    whenFinished(() => execFileSync('ip', ['address', 'delete', '10.201.0.1/32', 'dev', 'lo']));
    const own = await Registry.start({ address: '0.0.0.0' });
    const port = own.address.split(':')[1];
    const local = await Registry.start();
    const { store } = await openStore();
    expect(await store.pull({ name: local.push(busybox(), 'lab/x:1', { tag: 'latest' }) })).not.toBeNull();
    const error = await errorOf(store.pull({ name: `10.201.0.1:${port}/lab/x:1` }));
    expect(error).toMatchObject({ code: 'unsupported', transient: false });
    expect(error.detail).toContain('server gave HTTP response to HTTPS client');
  });
});

describe('a download that', () => {
  async function behindProxy(timings = {}) {
    const proxy = await FaultyProxy.start(registry().address);
    const opened = await openStore({ timings });
    const name = `${proxy.address}/lab/cut:1`;
    registry().push(busybox(), 'lab/cut:1', { tag: 'latest' });
    return { ...opened, proxy, name };
  }

  it('ends in the middle is cut, leaves nothing, and the image of before', async () => {
    const { store, directory, proxy, name } = await behindProxy();
    const image = await store.pull({ name });
    registry().push(makeBusyboxLayout('two'), 'lab/cut:1', { tag: 'latest' });
    proxy.fault = { afterBytes: SOME_BYTES, kind: 'close' };
    const error = await errorOf(store.pull({ name }));
    expect(error).toMatchObject({ code: 'cut', transient: true, action: `pull ${name}` });
    expect(error.detail).toContain('unexpected EOF');
    expect([await store.find(name), countsIn(directory)]).toEqual([image, counts(1)]);
    proxy.fault = null;
    expect(readFileSync(join((await store.pull({ name })).root, 'text'), 'utf8')).toBe('two');
  });

  it('stands still is cut', async () => {
    const { store, directory, proxy, name } = await behindProxy({ silence: 300, watch: 20 });
    proxy.fault = { afterBytes: SOME_BYTES, kind: 'silence' };
    const error = await errorOf(store.pull({ name }));
    expect(error).toMatchObject({ code: 'cut', transient: true, detail: 'no byte has arrived for 1 s' });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('takes too long is ended', async () => {
    const { store, directory, proxy, name } = await behindProxy({ copy: 300 });
    proxy.fault = { afterBytes: SOME_BYTES, kind: 'silence' };
    const error = await errorOf(store.pull({ name }));
    expect(error).toMatchObject({ code: 'timeout', transient: true, detail: 'skopeo did not end within 1 s' });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('nobody waits for any more is given up', async () => {
    const { store, directory, proxy, name } = await behindProxy();
    proxy.fault = { afterBytes: SOME_BYTES, kind: 'silence' };
    const callers = [new AbortController(), new AbortController()];
    const errors = callers.map(({ signal }) => errorOf(store.pull({ name, signal })));
    await until('some bytes have arrived', () => proxy.passed > SOME_BYTES / 2);
    callers[0]?.abort();
    expect(await errors[0]).toMatchObject({ code: 'aborted', transient: false });
    expect(countsIn(directory)).toEqual({ ...counts(0), staging: 1 });
    callers[1]?.abort();
    expect(await errors[1]).toMatchObject({ code: 'aborted' });
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('is at work when the store is closed is given up', async () => {
    const { store, directory, proxy, name } = await behindProxy();
    proxy.fault = { afterBytes: SOME_BYTES, kind: 'silence' };
    const error = errorOf(store.pull({ name }));
    await until('some bytes have arrived', () => proxy.passed > SOME_BYTES / 2);
    await store.close();
    expect(countsIn(directory)).toEqual(counts(0));
    expect(await error).toMatchObject({ code: 'aborted', detail: 'the images were closed' });
    expect(await errorOf(store.pull({ name }))).toMatchObject({ code: 'aborted' });
  });

  it('many wait for is one', async () => {
    const { searchPath, lines } = notedSkopeo();
    const { store, directory } = await openStore({ searchPath });
    const name = registry().push(busybox(), 'lab/many:1', { tag: 'latest' });
    const gaveUp = new AbortController();
    const first = errorOf(store.pull({ name, signal: gaveUp.signal }));
    const images = Array.from({ length: 8 }, () => store.pull({ name }));
    gaveUp.abort();
    expect(await first).toMatchObject({ code: 'aborted' });
    const digests = (await Promise.all(images)).map(({ digest }) => digest);
    expect(new Set(digests)).toEqual(new Set([digestIn(busybox())]));
    expect(lines().map((line) => line.split(' ')[0])).toEqual(['inspect', 'copy']);
    expect(countsIn(directory)).toEqual(counts(1));
  });
});

describe('a full disk', () => {
  /** A file system of that size. */
  function small(size: string): string {
    const directory = join(temporaryDirectory(), 'small');
    mkdirSync(directory);
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${size}`, 'tmpfs', directory]);
    whenFinished(() => execFileSync('umount', ['--lazy', directory]));
    return directory;
  }

  it.each([
    ['while it downloads', '600k', 'skopeo: '],
    // The image is of 1.1 MB, and unpacked of 2 MB.
    ['while it unpacks', '2m', 'umoci: '],
  ])('%s is an error that says so, and leaves nothing half made', async (_, size, program) => {
    const directory = join(small(size), 'images');
    const { store, imports } = await openStore({ directory });
    new MadeLayout(join(imports, 'tiny')).image('x', { tar: makeTar({ name: 'tiny' }) });
    const tiny = await store.pull({ name: 'tiny', source: 'oci:tiny' });
    const name = registry().push(busybox(), 'lab/full:1', { tag: 'latest' });
    const error = await errorOf(store.pull({ name }));
    expect(error).toMatchObject({ code: 'full', transient: false, action: `pull ${name}` });
    expect(error.detail).toMatch(new RegExp(`^${program}.*no space left on device`));
    expect([await store.list(), countsIn(directory)]).toEqual([[tiny], counts(1)]);
  });
});

describe('a program', () => {
  it.each(['skopeo', 'umoci'])('%s that the host lacks is named with its package', async (missing) => {
    const programs = temporaryDirectory();
    for (const program of ['skopeo', 'umoci', 'setpriv', 'sync'].filter((each) => each !== missing)) {
      writeFileSync(join(programs, program), `#!/bin/sh\nPATH=/usr/bin:/bin exec ${program} "$@"\n`, { mode: 0o755 });
    }
    const { store, imports, directory } = await openStore({ searchPath: programs });
    new MadeLayout(join(imports, 'x')).image('x', { tar: makeTar({ name: 'x' }) });
    const error = await errorOf(store.pull({ name: 'x', source: 'oci:x' }));
    expect(error).toMatchObject({ code: 'missing_program', transient: false });
    expect(error.detail).toBe(`the host has no ${missing}; apt-get install ${missing}`);
    expect(countsIn(directory)).toEqual(counts(0));
  });

  it('that ends at no signal is killed with what it has started', async () => {
    const marker = join(temporaryDirectory(), 'marker');
    const script = `trap '' TERM INT\nsleep 600 &\necho $! > ${marker}.new\nmv ${marker}.new ${marker}\nwait`;
    const { store, imports, directory } = await openStore({ searchPath: searchPathWith({ program: 'umoci', script }) });
    new MadeLayout(join(imports, 'x')).image('x', { tar: makeTar({ name: 'x' }) });
    const caller = new AbortController();
    const error = errorOf(store.pull({ name: 'x', source: 'oci:x', signal: caller.signal }));
    await until('it has started another', () => existsSync(marker));
    caller.abort();
    expect(await error).toMatchObject({ code: 'aborted' });
    await until('the other has ended', () => !isRunning(Number(readFileSync(marker, 'utf8'))));
    expect(countsIn(directory)).toEqual(counts(0));
  });
});
