import { execFileSync } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { makeStage, OWNER, SLEEP, viewOf } from '../../../../test/support/oci/stage.ts';
import type { StartRequest } from './driver.ts';
import { processesWith } from './processes.ts';

type Stage = ReturnType<typeof makeStage>;

/** Mounts each of them at `/bindN`. */
function mounting(stage: Stage, binds: readonly string[]): StartRequest {
  const request = stage.request(SLEEP);
  return {
    ...request,
    binds,
    configuration: (paths) => {
      const made = request.configuration(paths) as { readonly mounts: readonly object[] };
      const mounts = paths.binds.map((source, position) => ({
        ...{ destination: `/bind${position}`, type: 'bind', source, options: ['rbind', 'rw'] },
      }));
      return { ...made, mounts: [...made.mounts, ...mounts] };
    },
  };
}

async function contentOf(runtime: Awaited<ReturnType<Stage['open']>>, path: string): Promise<string> {
  return readFileSync(`/proc/${(await viewOf(runtime))?.pid}/root${path}`, 'utf8');
}

function directoryWith(path: string, text: string): string {
  mkdirSync(path, { recursive: true });
  writeFileSync(join(path, 'file'), text);
  return path;
}

describe('what a container mounts of the host', () => {
  test('is a directory or a file, and is untouched when the container is removed', async () => {
    const stage = makeStage();
    const shared = directoryWith(join(stage.base, 'shared'), 'of the host');
    const runtime = await stage.open();
    await runtime.start(mounting(stage, [shared, join(shared, 'file')]));
    expect(await contentOf(runtime, '/bind0/file')).toBe('of the host');
    expect(await contentOf(runtime, '/bind1')).toBe('of the host');
    expect(readFileSync('/proc/self/mountinfo', 'utf8')).not.toContain(stage.runDirectory);
    await runtime.remove({ owner: OWNER });
    expect(readFileSync(join(shared, 'file'), 'utf8')).toBe('of the host');
    expect(readdirSync(join(stage.runDirectory, 'bundles'))).toEqual([]);
  });

  test.each([
    ['it', 'shared'],
    ['a directory above it', ''],
  ])('is nothing else if somebody puts a link in place of %s meanwhile', async (_, replaced) => {
    const stage = makeStage();
    const secret = directoryWith(join(stage.base, 'secret/shared'), 'secret');
    const shared = directoryWith(join(stage.base, 'root/shared'), 'shared');
    const path = join(stage.base, 'root', replaced);
    const runtime = await stage.open({
      at(place) {
        if (place !== 'config') return;
        renameSync(path.replace(/\/$/, ''), join(stage.base, 'moved'));
        symlinkSync(replaced === '' ? join(secret, '..') : secret, path.replace(/\/$/, ''));
      },
    });
    await expect(runtime.start(mounting(stage, [shared]))).rejects.toMatchObject({
      code: 'refused',
      detail: `the mount ${shared} was replaced while the container was started`,
    });
    expect(readdirSync(join(stage.runDirectory, 'bundles'))).toEqual([]);
  });

  test('is a file system that was mounted after the first start, and can be unmounted while containers run', async () => {
    const stage = makeStage();
    const disks = join(stage.base, 'disks');
    const disk = join(disks, 'disk');
    mkdirSync(disk, { recursive: true });
    // As all mounts are on a host with systemd.
    execFileSync('mount', ['--bind', disks, disks]);
    execFileSync('mount', ['--make-shared', disks]);
    onTestFinished(() => {
      execFileSync('umount', ['--recursive', disks]);
    });
    const runtime = await stage.open();
    await runtime.start(stage.request(SLEEP));
    execFileSync('mount', ['-t', 'tmpfs', 'tmpfs', disk]);
    writeFileSync(join(disk, 'file'), 'of the disk');
    await runtime.start({ ...mounting(stage, [disk]), number: 2 });
    expect(await contentOf(runtime, '/bind0/file')).toBe('of the disk');
    await runtime.start({ ...stage.request(SLEEP), number: 3 });
    execFileSync('umount', [disk]);
    const [monitor] = processesWith(join(stage.runDirectory, 'bundles', OWNER));
    expect(readFileSync(`/proc/${monitor}/mountinfo`, 'utf8')).not.toContain(`${disk} `);
  });
});

describe('a root in which runc would follow a link into the host', () => {
  test.each(['dev', 'proc', 'sys'])('is refused: /%s', async (name) => {
    const stage = makeStage();
    const outside = directoryWith(join(stage.base, 'outside'), 'of the host');
    rmSync(join(stage.lower, name), { recursive: true, force: true });
    symlinkSync(outside, join(stage.lower, name));
    const runtime = await stage.open();
    await expect(runtime.start(stage.request(SLEEP))).rejects.toMatchObject({
      code: 'refused',
      detail: `/${name} in the container is no directory`,
    });
    expect(readdirSync(outside)).toEqual(['file']);
    expect(readdirSync(join(stage.runDirectory, 'bundles'))).toEqual([]);
  });
});
