import { execFileSync } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { LibvirtDaemon, virsh } from '../../../../test/support/libvirt-daemon.ts';
import { removeDirectory } from '../../../../test/support/remove-directory.ts';
import { until } from '../../../../test/support/until.ts';
import { LibvirtError } from '../errors.ts';
import type { DirectoryPool } from './model.ts';
import { openStorage, type Storage } from './storage.ts';

const MIB = 1024 * 1024;

/** With the file system that is filled: libvirtd sees only what was mounted before its start. */
const directory = mkdtempSync('/run/storage-');
const small = join(directory, 'small');

let daemon: LibvirtDaemon;
let storage: Storage;
const pools: DirectoryPool[] = [];

beforeAll(async () => {
  execFileSync('mkdir', [small]);
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=4M', 'tmpfs', small]);
  holdImages();
  daemon = await LibvirtDaemon.start();
  storage = await openStorage({ path: daemon.socket, pauseFirst: 10, pauseLongest: 50 });
});

afterEach(async () => {
  for (const pool of pools.splice(0)) {
    await storage.removePool(pool);
    rmSync(pool.directory, { recursive: true, force: true });
  }
});

afterAll(async () => {
  await storage.close();
  await daemon.stop();
  execFileSync('umount', [small]);
  await removeDirectory(directory);
});

/** While this file is there, libvirtd's qemu-img waits before it begins. */
const hold = join(directory, 'hold');

function holdImages(): void {
  const tools = mkdtempSync(join(directory, 'tools-'));
  const script = `#!/bin/sh\nwhile [ -e ${hold} ]; do sleep 0.02; done\nexec /usr/bin/qemu-img "$@"\n`;
  writeFileSync(join(tools, 'qemu-img'), script, { mode: 0o755 });
  process.env.PATH = `${tools}:${process.env.PATH}`;
}

function newPool(name: string, parent = directory): DirectoryPool {
  const pool = { uuid: randomUUID(), name, directory: join(parent, name) };
  pools.push(pool);
  return pool;
}

async function makePool(name: string, parent = directory): Promise<DirectoryPool> {
  const pool = newPool(name, parent);
  await storage.ensurePool(pool);
  return pool;
}

async function errorOf(call: Promise<unknown>): Promise<LibvirtError> {
  const reason = await call.catch((error: unknown) => error);
  if (reason instanceof LibvirtError) return reason;
  throw new Error('it was not rejected with a LibvirtError');
}

function errorsOf(calls: readonly Promise<unknown>[]): Promise<LibvirtError[]> {
  return Promise.all(calls.map(errorOf));
}

async function namesIn(pool: DirectoryPool): Promise<string[]> {
  return (await storage.listVolumes(pool)).map(({ name }) => name).sort();
}

async function virshNamesIn({ name }: DirectoryPool): Promise<string[]> {
  const { output } = await virsh(daemon, 'vol-list', name);
  return output
    .split('\n')
    .flatMap((line) => line.trim().split(/\s+/)[0] || [])
    .sort();
}

interface ImageFacts {
  readonly 'virtual-size': number;
  readonly 'backing-filename'?: string;
  readonly 'format-specific': { readonly data: { readonly compat: string } };
}

/** What QEMU says of an image. */
function imageFacts(path: string): ImageFacts {
  return JSON.parse(execFileSync('qemu-img', ['info', '--output', 'json', path], { encoding: 'utf8' }));
}

function bytesOf(path: string): string {
  return execFileSync('sha256sum', [path], { encoding: 'utf8' }).slice(0, 64);
}

test('a pool is defined, built and started, and stays as it is', async () => {
  const pool = newPool('first');
  expect(await storage.describePool(pool.uuid)).toBeNull();
  await storage.ensurePool(pool);
  const described = await storage.describePool(pool.uuid);
  expect(described).toMatchObject({ ...pool, type: 'dir', active: true, autostart: false });
  expect(described?.capacityBytes).toBeGreaterThan(described?.availableBytes ?? 0);
  expect(statSync(pool.directory).mode & 0o777).toBe(0o711);
  expect((await virsh(daemon, 'pool-list', '--all')).output).toMatch(/^ first +active +no$/m);
  await storage.ensurePool(pool);
  expect(await storage.describePool(pool.uuid)).toEqual(described);
});

test('a pool that was stopped, set to start by itself, or lost its directory, is repaired', async () => {
  const pool = await makePool('repaired');
  await virsh(daemon, 'pool-autostart', pool.name);
  await storage.ensurePool(pool);
  expect(await storage.describePool(pool.uuid)).toMatchObject({ active: true, autostart: false });
  await virsh(daemon, 'pool-destroy', pool.name);
  rmSync(pool.directory, { recursive: true });
  await storage.ensurePool(pool);
  expect(await storage.describePool(pool.uuid)).toMatchObject({ active: true });
  expect(existsSync(pool.directory)).toBe(true);
});

test('pools of others are left alone', async () => {
  const pool = await makePool('owned');
  for (const other of [
    { ...pool, directory: join(directory, 'elsewhere') },
    { ...pool, name: 'renamed' },
  ]) {
    expect(await errorOf(storage.ensurePool(other))).toMatchObject({ code: 'foreign', transient: false });
  }
  for (const other of [
    { ...pool, uuid: randomUUID(), directory: join(directory, 'elsewhere') },
    { ...pool, uuid: randomUUID(), name: 'renamed' },
  ]) {
    expect(await errorOf(storage.ensurePool(other))).toMatchObject({ code: 'exists', number: 9 });
  }
  expect((await virsh(daemon, 'pool-list', '--all')).output.trim().split('\n')).toHaveLength(1);
});

test('a pool that is removed leaves its files, and is removed again', async () => {
  const pool = await makePool('removed');
  const { path } = await storage.createVolume(pool, { name: 'stays', capacityBytes: MIB });
  await storage.removePool(pool);
  await storage.removePool(pool);
  expect(await storage.describePool(pool.uuid)).toBeNull();
  expect(existsSync(path)).toBe(true);
  expect(await errorOf(storage.listVolumes(pool))).toMatchObject({ code: 'missing', number: 49 });
  expect(await errorOf(storage.deleteVolume(pool, 'stays'))).toMatchObject({ code: 'missing', number: 49 });
});

test('26 images at once: sparse, of version 3, as virsh and QEMU see them', async () => {
  const pool = await makePool('many');
  const names = Array.from({ length: 26 }, (_, number) => `disk-${number}.qcow2`).sort();
  const made = await Promise.all(names.map((name) => storage.createVolume(pool, { name, capacityBytes: 1024 * MIB })));
  expect(made.map(({ name }) => name)).toEqual(names);
  expect(await namesIn(pool)).toEqual(names);
  expect(await virshNamesIn(pool)).toEqual(names);
  const path = join(pool.directory, 'disk-0.qcow2');
  expect(made.find(({ name }) => name === 'disk-0.qcow2')).toMatchObject({
    ...{ path, format: 'qcow2', capacityBytes: 1024 * MIB, backing: null },
  });
  expect(imageFacts(path)).toMatchObject({
    'virtual-size': 1024 * MIB,
    'format-specific': { data: { compat: '1.1' } },
  });
  for (const { allocationBytes } of made) expect(allocationBytes).toBeLessThan(MIB);
  await Promise.all(names.map((name) => storage.deleteVolume(pool, name)));
  expect(await namesIn(pool)).toEqual([]);
  expect(readdirSync(pool.directory)).toEqual([]);
});

test('a volume is deleted by its name, which others begin with', async () => {
  const pool = await makePool('names');
  for (const name of ['ns', 'ns.example.com']) await storage.createVolume(pool, { name, capacityBytes: MIB });
  await storage.deleteVolume(pool, 'ns');
  await storage.deleteVolume(pool, 'ns');
  expect(await namesIn(pool)).toEqual(['ns.example.com']);
  expect(readdirSync(pool.directory)).toEqual(['ns.example.com']);
  expect(await storage.describeVolume(pool, 'ns')).toBeNull();
});

test('names that are taken, or are paths', async () => {
  const pool = await makePool('taken');
  await storage.createVolume(pool, { name: 'one', capacityBytes: MIB });
  expect((await errorOf(storage.createVolume(pool, { name: 'one', capacityBytes: MIB }))).code).toBe('exists');
  expect((await errorOf(storage.cloneVolume(pool, { name: 'one', capacityBytes: MIB }, 'one'))).code).toBe('exists');
  expect((await errorOf(storage.writeVolume(pool, 'one', Buffer.alloc(1)))).code).toBe('exists');
  for (const make of [
    () => storage.createVolume(pool, { name: 'two', capacityBytes: MIB }),
    () => storage.cloneVolume(pool, { name: 'three', capacityBytes: MIB }, 'one'),
  ]) {
    const outcomes = await Promise.allSettled([make(), make()]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const code = expect.stringMatching(/^(exists|busy)$/);
    expect(outcomes).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code }) });
  }
  // A file that libvirt does not know is not overwritten.
  writeFileSync(join(pool.directory, 'unknown'), 'precious');
  expect((await errorOf(storage.createVolume(pool, { name: 'unknown', capacityBytes: MIB }))).text).toContain('exists');
  expect(readFileSync(join(pool.directory, 'unknown'), 'utf8')).toBe('precious');
  expect((await errorOf(storage.createVolume(pool, { name: '../four', capacityBytes: MIB }))).number).not.toBeNull();
  expect(existsSync(join(directory, 'four'))).toBe(false);
});

test('a volume whose file was removed is gone, and is made again', async () => {
  const pool = await makePool('lost');
  const { path } = await storage.createVolume(pool, { name: 'one', capacityBytes: MIB });
  rmSync(path);
  expect(await virshNamesIn(pool)).toEqual(['one']);
  expect(await namesIn(pool)).toEqual([]);
  expect(await storage.describeVolume(pool, 'one')).toBeNull();
  expect(await storage.createVolume(pool, { name: 'one', capacityBytes: 2 * MIB })).toMatchObject({
    capacityBytes: 2 * MIB,
  });
  rmSync(path);
  await storage.deleteVolume(pool, 'one');
  expect(await virshNamesIn(pool)).toEqual([]);
});

test('a file that comes into the directory is a volume after a refresh', async () => {
  const pool = await makePool('refreshed');
  writeFileSync(join(pool.directory, 'stray'), Buffer.alloc(1000));
  expect(await namesIn(pool)).toEqual([]);
  await storage.refresh(pool);
  expect(await storage.listVolumes(pool)).toMatchObject([{ name: 'stray', format: 'raw', capacityBytes: 1000 }]);
  rmSync(pool.directory, { recursive: true });
  expect((await errorOf(storage.refresh(pool))).code).not.toBe('busy');
  expect(await storage.describePool(pool.uuid)).toMatchObject({ active: false });
});

test('images over another, copies of it, larger ones, and none that is smaller', async () => {
  const pool = await makePool('images');
  const base = join(pool.directory, 'base');
  execFileSync('qemu-img', ['create', '-q', '-f', 'qcow2', base, '2M']);
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -q -P 7 0 1M', base]);
  await storage.refresh(pool);
  const over = await storage.createVolume(pool, { name: 'over', capacityBytes: 5 * MIB, backing: 'base' });
  expect(over).toMatchObject({ capacityBytes: 5 * MIB, backing: { path: base, format: 'qcow2' } });
  expect(imageFacts(over.path)['backing-filename']).toBe(base);
  const copy = await storage.cloneVolume(pool, { name: 'copy', capacityBytes: 5 * MIB }, 'base');
  expect(copy).toMatchObject({ format: 'qcow2', capacityBytes: 5 * MIB, backing: null });
  expect(imageFacts(copy.path)).toMatchObject({ 'virtual-size': 5 * MIB });
  for (const path of [over.path, copy.path]) {
    execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'read -q -P 7 0 1M', '-c', 'read -q -P 0 1M 4M', path]);
  }
  const smaller = await errorsOf([
    storage.createVolume(pool, { name: 'less', capacityBytes: MIB, backing: 'base' }),
    storage.cloneVolume(pool, { name: 'less', capacityBytes: MIB }, 'base'),
    storage.resizeVolume(pool, 'copy', MIB),
  ]);
  expect(smaller.map(({ code }) => code)).toEqual(['invalid', 'invalid', 'invalid']);
  await storage.resizeVolume(pool, 'copy', 7 * MIB);
  expect(await storage.describeVolume(pool, 'copy')).toMatchObject({ capacityBytes: 7 * MIB });
  const missing = await errorsOf([
    storage.createVolume(pool, { name: 'none', capacityBytes: MIB, backing: 'nothing' }),
    storage.cloneVolume(pool, { name: 'none', capacityBytes: MIB }, 'nothing'),
    storage.resizeVolume(pool, 'nothing', MIB),
  ]);
  expect(missing.map(({ code }) => code)).toEqual(['missing', 'missing', 'missing']);
  expect(await namesIn(pool)).toEqual(['base', 'copy', 'over']);
});

test('while a volume is made: others are not held up, it is not deleted, and the pool is not refreshed', async () => {
  const pool = await makePool('held');
  await storage.createVolume(pool, { name: 'before', capacityBytes: MIB });
  const hasty = await openStorage({ path: daemon.socket, deadlines: { changeMs: 1 } });
  writeFileSync(hold, '');
  const making = storage.createVolume(pool, { name: 'made', capacityBytes: MIB });
  const late = errorOf(hasty.createVolume(pool, { name: 'late', capacityBytes: MIB }));
  try {
    await until('libvirt knows both', async () => (await virshNamesIn(pool)).length === 3);
    expect(await late).toMatchObject({ code: 'timeout', transient: true, number: null });
    expect(await storage.describeVolume(pool, 'before')).toMatchObject({ name: 'before' });
    expect(await errorOf(storage.refresh(pool))).toMatchObject({ code: 'busy', transient: true, number: 1 });
    const busy = await errorsOf([
      storage.deleteVolume(pool, 'made'),
      storage.resizeVolume(pool, 'made', 2 * MIB),
      storage.createVolume(pool, { name: 'made', capacityBytes: MIB }),
      storage.removePool(pool),
    ]);
    expect(busy.map(({ code }) => code)).toEqual(['busy', 'busy', 'busy', 'busy']);
  } finally {
    rmSync(hold);
  }
  expect(await making).toMatchObject({ name: 'made', capacityBytes: MIB });
  await until('the late one is there', async () => (await storage.describeVolume(pool, 'late')) !== null);
  await until('nothing is being made', async () => (await storage.refresh(pool).catch(() => null)) !== null);
  expect(await namesIn(pool)).toEqual(['before', 'late', 'made']);
  await hasty.close();
});

test('a file with contents', async () => {
  const pool = await makePool('contents');
  const contents = Buffer.from(Array.from({ length: 100_000 }, (_, number) => number % 251));
  const volume = await storage.writeVolume(pool, 'seed.iso', contents);
  expect(volume).toMatchObject({ name: 'seed.iso', format: 'raw', capacityBytes: contents.length });
  expect(contents.equals(readFileSync(volume.path))).toBe(true);
  expect(await virshNamesIn(pool)).toEqual(['seed.iso']);
});

test('a file system without space: what libvirt says, and no volume', async () => {
  const pool = await makePool('full', small);
  const made = await storage.createVolume(pool, { name: 'fits', capacityBytes: 64 * MIB });
  execFileSync('qemu-io', ['-f', 'qcow2', '-c', 'write -q -P 1 0 2M', made.path]);
  const noSpace = expect.objectContaining({
    text: expect.stringContaining('No space left on device'),
    code: 'refused',
  });
  expect(await errorOf(storage.cloneVolume(pool, { name: 'copy', capacityBytes: 64 * MIB }, 'fits'))).toEqual(noSpace);
  execFileSync('sh', ['-c', 'dd if=/dev/zero of="$0" bs=4k 2>&1 || true', join(small, 'filler')]);
  expect(await errorOf(storage.createVolume(pool, { name: 'image', capacityBytes: MIB }))).toEqual(noSpace);
  const written = await errorOf(storage.writeVolume(pool, 'seed', Buffer.alloc(10_000, 1)));
  expect(written).toMatchObject({ code: 'refused', detail: expect.stringContaining('ENOSPC') });
  expect(await namesIn(pool)).toEqual(['fits']);
  expect(readdirSync(pool.directory)).toEqual(['fits']);
  rmSync(join(small, 'filler'));
});

test('libvirtd killed and started again: the pool is active, and calls meanwhile are told', async () => {
  const pool = await makePool('restarted');
  await storage.createVolume(pool, { name: 'one', capacityBytes: MIB });
  const digest = bytesOf(join(pool.directory, 'one'));
  daemon.pause();
  const pending = errorOf(storage.createVolume(pool, { name: 'two', capacityBytes: MIB }));
  await daemon.kill();
  expect(await pending).toMatchObject({ code: 'away', transient: true });
  await until('it is known to be away', () => !storage.health().available);
  await daemon.start();
  await until('there is a connection again', () => storage.health().available);
  await storage.ensurePool(pool);
  expect(await namesIn(pool)).toContain('one');
  expect(bytesOf(join(pool.directory, 'one'))).toBe(digest);
});
