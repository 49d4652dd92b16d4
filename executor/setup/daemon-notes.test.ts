import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it, onTestFinished } from 'vitest';
import { temporaryDirectory } from '../../test/support/database.ts';
import { until } from '../../test/support/until.ts';
import { isRunning, notedDaemons, noteFile, parseStat, readNote } from './daemon-notes.mjs';

const launcher = fileURLToPath(new URL('launch.sh', import.meta.url));

it('a name with spaces and parentheses changes nothing of what follows it', () => {
  const rest = Array.from({ length: 30 }, (_, index) => String(index + 4)).join(' ');
  expect(parseStat(`17 (a) S (b) R ${rest}\n`)).toEqual({ state: 'R', startTime: 22 });
});

it('a launched process is noted before it runs, with its arguments as they are, and is known until it ends', async () => {
  const directory = temporaryDirectory();
  const note = noteFile(directory, 'cat');
  const child = spawn('sh', [launcher, note, 'sh', '-c', 'cat "$1"; read -r line', 'a b', note], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const [written] = await once(child.stdout.setEncoding('utf8'), 'data');
  const found = readNote(directory, 'cat');
  expect(JSON.parse(String(written))).toEqual(found);
  if (found === null) throw new Error('there is no note');
  expect(found.pid).toBe(child.pid);
  expect(isRunning(found)).toBe(true);
  expect(isRunning({ ...found, startTime: found.startTime + 1 })).toBe(false);
  expect(isRunning({ ...found, boot: 'another' })).toBe(false);
  child.kill('SIGKILL');
  await once(child, 'close');
  expect(isRunning(found)).toBe(false);
  expect([notedDaemons(directory), readdirSync(directory)]).toEqual([['cat'], ['cat.json']]);
});

it('a process that has ended and was not reaped does not run', async () => {
  const directory = temporaryDirectory();
  // The first process becomes one that reaps nothing.
  const child = spawn('sh', ['-c', `sh ${launcher} ${noteFile(directory, 'true')} true & exec sleep 600`]);
  onTestFinished(() => {
    child.kill('SIGKILL');
  });
  const state = () => {
    const note = readNote(directory, 'true');
    return note === null ? '' : parseStat(readFileSync(`/proc/${note.pid}/stat`, 'utf8')).state;
  };
  await until('the process is a zombie', () => state() === 'Z');
  const note = readNote(directory, 'true');
  expect(note === null ? null : isRunning(note)).toBe(false);
});

it.each([
  ['', 'is empty'],
  ['{"pid":1,"startTime":1,"boot":"x"}', 'names the first process'],
  ['{"pid":"12","startTime":1,"boot":"x"}', 'has no number'],
  ['{"pid":12}', 'lacks the start time'],
])('a note that %s counts as none: it %s', (text) => {
  const directory = temporaryDirectory();
  writeFileSync(join(directory, 'libvirtd.json'), text);
  expect(readNote(directory, 'libvirtd')).toBeNull();
});

it('without a directory nothing is noted', () => {
  expect(notedDaemons(join(temporaryDirectory(), 'none'))).toEqual([]);
});

it('a note that cannot be written keeps the program from running', () => {
  const run = () =>
    execFileSync('sh', [launcher, '/nowhere/note', 'echo', 'ran'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    });
  expect(run).toThrow();
});
