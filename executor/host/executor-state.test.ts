import {
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { ExecutorStateFile, type StatePlaces } from './executor-state.ts';

const database = '11111111-2222-4333-a444-555555555555';
const name = `seen-${database}-host1.json`;
const none = { seen: { restoreGeneration: 0, epoch: 0, hypervisor: null, sequence: 0 }, ownEpoch: 0 };

interface Places extends StatePlaces {
  readonly state: string;
  readonly run: string;
}

function places(): Places {
  const directory = temporaryDirectory();
  const [stateDirectory, runDirectory] = [join(directory, 'state'), join(directory, 'run')];
  const state = join(stateDirectory, 'notes', name);
  return {
    stateDirectory,
    runDirectory,
    database,
    hypervisor: 'host1',
    state,
    run: join(runDirectory, database, name),
  };
}

const seen = (epoch: number, restoreGeneration = epoch, hypervisor = 'one') => ({
  restoreGeneration,
  epoch,
  hypervisor,
  sequence: 10 * restoreGeneration,
});

describe('the state of an executor for the next one', () => {
  it('is empty before the first, and then what was written', () => {
    const where = places();
    const file = new ExecutorStateFile(where);
    expect(file.read()).toEqual(none);
    file.write(seen(3));
    expect(file.read()).toEqual({ seen: seen(3), ownEpoch: 3 });
    expect(new ExecutorStateFile(where).read()).toEqual({ seen: seen(3), ownEpoch: 3 });
  });

  it('is written for its owner alone, and nothing is left beside it', () => {
    const where = places();
    new ExecutorStateFile(where).write(seen(3));
    for (const path of [where.state, where.run]) {
      expect(lstatSync(path).mode & 0o777).toBe(0o600);
      expect(lstatSync(join(path, '..')).mode & 0o777).toBe(0o700);
      expect(readdirSync(join(path, '..'))).toEqual([name]);
    }
  });

  it('is newer than a restored state directory, until the next boot', () => {
    const where = places();
    const file = new ExecutorStateFile(where);
    file.write(seen(3));
    const backup = readFileSync(where.state);
    file.write(seen(7, 9));
    writeFileSync(where.state, backup);
    expect(file.read()).toEqual({ seen: seen(7, 9), ownEpoch: 3 });
    rmSync(where.stateDirectory, { recursive: true });
    expect(new ExecutorStateFile(where).read()).toEqual({ seen: seen(7, 9), ownEpoch: 0 });
    rmSync(where.runDirectory ?? '', { recursive: true });
    expect(new ExecutorStateFile(where).read()).toEqual(none);
  });

  it('is that of the last hypervisor, if the two files name different ones', () => {
    const where = places();
    const file = new ExecutorStateFile(where);
    file.write(seen(8, 8, 'removed'));
    const older = readFileSync(where.run);
    file.write(seen(1, 9, 'new'));
    writeFileSync(where.run, older);
    expect(file.read()).toEqual({ seen: seen(1, 9, 'new'), ownEpoch: 1 });
  });

  it.each(['', '{', '{"epoch":"3"}', '{"restoreGeneration":-1,"epoch":1.5}', 'null'])(
    'is empty if the file contains %j',
    (content) => {
      const where = places();
      const file = new ExecutorStateFile(where);
      file.write(seen(3));
      writeFileSync(where.run, content);
      expect(file.read()).toEqual({ seen: seen(3), ownEpoch: 3 });
      writeFileSync(where.state, content);
      expect(file.read()).toEqual(none);
    },
  );

  it('of an earlier version is read from its path, and moved', () => {
    const where = places();
    const old = join(where.stateDirectory, name);
    mkdirSync(where.stateDirectory);
    writeFileSync(old, JSON.stringify(seen(5)));
    const file = new ExecutorStateFile(where);
    expect(file.read()).toEqual({ seen: seen(5), ownEpoch: 5 });
    file.write(seen(6));
    expect(existsSync(old)).toBe(false);
    expect(file.read().seen).toEqual(seen(6));
  });

  it('is never read or written through a link', () => {
    const where = places();
    const file = new ExecutorStateFile(where);
    const victim = join(where.stateDirectory, 'victim');
    writeFileSync(victim, JSON.stringify(seen(4)));
    symlinkSync(victim, where.state);
    expect(file.read()).toEqual(none);
    file.write(seen(5));
    expect(readFileSync(victim, 'utf8')).toBe(JSON.stringify(seen(4)));
    expect(lstatSync(where.state).isFile()).toBe(true);
  });

  it('removes temporary files of a process that was killed while writing', () => {
    const where = places();
    const file = new ExecutorStateFile(where);
    writeFileSync(`${where.state}.0f`, '{');
    file.write(seen(5));
    expect(readdirSync(join(where.state, '..'))).toEqual([name]);
  });
});
