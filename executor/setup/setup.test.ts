import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { missingPackages } from './host-packages.mjs';
import { withLock } from './lock.mjs';
import { packagesInstalled } from './node-packages.mjs';

const root = fileURLToPath(new URL('../../', import.meta.url));

/** A clone in which nothing is installed. */
function freshClone(): string {
  const clone = temporaryDirectory();
  mkdirSync(join(clone, 'executor'));
  cpSync(join(root, 'executor/setup'), join(clone, 'executor/setup'), { recursive: true });
  for (const file of ['package.json', 'package-lock.json']) cpSync(join(root, file), join(clone, file));
  return clone;
}

function setUp(clone: string, job: string, mode: string): { status: number | null; output: string; errors: string } {
  const run = spawnSync(process.execPath, [join(clone, 'executor/setup/setup.mjs'), job], {
    encoding: 'utf8',
    env: { ...process.env, WEFT_SETUP: mode },
  });
  return { status: run.status, output: run.stdout, errors: run.stderr };
}

describe('set-up', () => {
  it('only says what is missing when it is to check, and does nothing when it is off', () => {
    const clone = freshClone();
    const check = setUp(clone, 'start', 'check');
    expect(check).toMatchObject({
      status: 1,
      output: '',
      errors: expect.stringContaining('packages of package-lock.json are not installed'),
    });
    expect(setUp(clone, 'start', 'off')).toEqual({ status: 0, output: '', errors: '' });
    expect(packagesInstalled(clone, false)).toBe(false);
  });

  it('names the variable that is wrong, and the job that it does not know', () => {
    const clone = freshClone();
    expect(setUp(clone, 'start', 'perhaps')).toEqual({
      status: 2,
      output: '',
      errors: 'set-up: WEFT_SETUP: "perhaps" is not one of auto, check, off\n',
    });
    expect(setUp(clone, 'dance', 'auto')).toMatchObject({
      status: 2,
      errors: expect.stringContaining('there is no job dance; known: start'),
    });
  });

  it('knows what is installed by the lockfile: a change of it, or of the set wanted, is not', () => {
    const clone = freshClone();
    mkdirSync(join(clone, 'node_modules'));
    const stampOf = (directory: string) => join(directory, 'node_modules/.weft-setup.json');
    const stamp = JSON.parse(readFileSync(stampOf(root), 'utf8'));
    writeFileSync(stampOf(clone), JSON.stringify({ ...stamp, development: false }));
    expect([packagesInstalled(clone, false), packagesInstalled(clone, true)]).toEqual([true, false]);
    writeFileSync(join(clone, 'package-lock.json'), '{}');
    expect(packagesInstalled(clone, false)).toBe(false);
  });

  it('says nothing when there is nothing to do', () => {
    expect(setUp(root, 'sql', 'auto')).toEqual({ status: 0, output: '', errors: '' });
  });
});

describe('missingPackages', () => {
  it('finds programs on PATH and where Debian keeps them', () => {
    expect(missingPackages([], '')).toEqual([]);
    expect(missingPackages(['test'], '/nowhere')).not.toContain('util-linux');
  });
});

describe('withLock', () => {
  it('takes over from a set-up that was killed, and leaves nothing', () => {
    const path = join(temporaryDirectory(), 'lock');
    const { pid } = spawnSync(process.execPath, ['--version']);
    writeFileSync(path, String(pid));
    let ran = false;
    withLock(path, () => {
      ran = true;
      expect(readFileSync(path, 'utf8')).toBe(String(process.pid));
    });
    expect(ran).toBe(true);
    expect(() => readFileSync(path)).toThrow('ENOENT');
  });
});
