import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { removeDirectory } from '../../../../test/support/remove-directory.ts';
import { seedImage } from './seed.ts';

test('blkid, which cloud-init asks for its disk, knows the image by its label and type', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'weft-seed-'));
  onTestFinished(() => removeDirectory(directory));
  const file = join(directory, 'seed.iso');
  await writeFile(file, seedImage({ instance: 'a', hostname: 'b', sshKeys: [], userData: null }));
  const { stdout } = await promisify(execFile)('blkid', ['--probe', '--output', 'export', file]);
  const found = Object.fromEntries(stdout.split('\n').map((line) => line.split('=', 2)));
  expect(found).toMatchObject({ LABEL: 'cidata', TYPE: 'iso9660', USAGE: 'filesystem' });
});
