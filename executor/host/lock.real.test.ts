import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, chownSync, lstatSync, mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { type LockPlaces, lockHost } from './lock.ts';

const database = '11111111-2222-4333-a444-555555555555';
const file = `executor-${database}.lock`;

function places(): Required<LockPlaces> {
  const directory = temporaryDirectory();
  mkdirSync(join(directory, 'state'));
  return { stateDirectory: join(directory, 'state'), database, runDirectory: join(directory, 'run') };
}

const conflict = (pid: number | undefined) => ({
  code: 'conflict',
  message: `Another executor of this database runs on this host (pid ${pid})`,
});

describe('the lock of a host', () => {
  it('admits one executor of a database, and the next one after its release', async () => {
    const where = places();
    const first = await lockHost(where);
    await expect(lockHost(where)).rejects.toMatchObject(conflict(process.pid));
    const other = await lockHost({ ...where, database: '99999999-2222-4333-a444-555555555555' });
    first.release();
    const second = await lockHost(where);
    second.release();
    other.release();
  });

  it('cannot be circumvented with another state directory', async () => {
    const where = places();
    const first = await lockHost(where);
    const elsewhere = { ...where, stateDirectory: temporaryDirectory() };
    await expect(lockHost(elsewhere)).rejects.toMatchObject(conflict(process.pid));
    first.release();
    // The refused start has released what it had locked already.
    (await lockHost(elsewhere)).release();
  });

  it('is released with its process, however that ends', async () => {
    const where = places();
    const program = `
      import { lockHost } from ${JSON.stringify(fileURLToPath(new URL('./lock.ts', import.meta.url)))};
      await lockHost(${JSON.stringify(where)});
      console.log('locked');
      setInterval(() => undefined, 1000);`;
    const holder = spawn(process.execPath, ['--input-type=module', '--eval', program], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    onTestFinished(() => void holder.kill('SIGKILL'));
    await once(holder.stdout, 'data');
    await expect(lockHost(where)).rejects.toMatchObject(conflict(holder.pid));
    holder.kill('SIGKILL');
    await once(holder, 'exit');
    (await lockHost(where)).release();
  });

  it('is a file that only its owner reads, in a directory of its owner’s', async () => {
    const where = places();
    const lock = await lockHost(where);
    onTestFinished(() => lock.release());
    for (const directory of [join(where.stateDirectory, 'lock'), join(where.runDirectory, database)]) {
      expect(lstatSync(directory).mode & 0o777).toBe(0o700);
      expect(lstatSync(join(directory, file)).mode & 0o777).toBe(0o600);
      expect(readFileSync(join(directory, file), 'utf8')).toBe(`${process.pid}\n`);
    }
  });

  it('is not taken in a directory that others can change, and never through a link', async () => {
    const where = places();
    const directory = join(where.stateDirectory, 'lock');
    mkdirSync(directory);
    chmodSync(directory, 0o775);
    await expect(lockHost(where)).rejects.toThrow(`${directory} can be written by other users (mode 0775)`);
    chmodSync(directory, 0o700);
    chownSync(directory, 65_534, 65_534);
    await expect(lockHost(where)).rejects.toThrow(`${directory} belongs to user 65534, and this process is of user 0`);
    chownSync(directory, 0, 0);
    const victim = join(where.stateDirectory, 'victim');
    writeFileSync(victim, 'as it was');
    symlinkSync(victim, join(directory, file));
    await expect(lockHost(where)).rejects.toThrow('ELOOP');
    expect(readFileSync(victim, 'utf8')).toBe('as it was');

    const linked = places();
    symlinkSync(directory, join(linked.stateDirectory, 'lock'));
    await expect(lockHost(linked)).rejects.toThrow(`${linked.stateDirectory}/lock is not a directory`);
  });

  it('rejects an invalid id of a database', async () => {
    await expect(lockHost({ ...places(), database: '../../etc' })).rejects.toMatchObject({ code: 'invalid' });
  });
});
