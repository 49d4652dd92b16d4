import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readLog } from './read.ts';

let directory: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'weft-log-'));
});
afterEach(() => rm(directory, { recursive: true }));

let second = 0;
const line = (text: string, tag = 'F', stream = 'stdout') =>
  `2026-11-28T12:${String(Math.floor(++second / 60) % 60).padStart(2, '0')}:${String(second % 60).padStart(2, '0')}.123456789+00:00 ${stream} ${tag} ${text}\n`;
const write = (...lines: string[]) => writeFile(join(directory, 'current'), lines.join(''), { flag: 'a' });
const rotate = () => rename(join(directory, 'current'), join(directory, 'previous'));
const read = async (since: string | null, limit = 100, ended = false) => {
  const page = await readLog({ directory, since, limit, ended });
  return { ...page, texts: page.entries.map(({ text }) => text) };
};

describe('reading a log', () => {
  test('each line is told once through a rotation, and a partial record is joined across it', async () => {
    await write(line('1'), line('2'), line('a', 'P'), line('error', 'F', 'stderr'));
    const first = await read(null);
    expect(first.texts).toEqual(['1', '2', 'error']);
    await rotate();
    await write(line('b'), line('3'));
    const next = await read(first.next);
    expect(next).toMatchObject({ texts: ['ab', '3'], gap: false });
    expect((await read(next.next)).texts).toEqual([]);
  });

  test('a limit of one goes through all lines', async () => {
    await write(line('1'), line('2'));
    const first = await read(null, 1);
    expect(first.texts).toEqual(['1']);
    expect((await read(first.next, 1)).texts).toEqual(['2']);
  });

  test('a cursor whose file is gone is a gap once', async () => {
    await write(line('1'));
    const { next } = await read(null);
    await rotate();
    await write(line('2'));
    await rotate();
    const after = await read(next);
    expect(after).toMatchObject({ texts: ['2'], gap: true });
    expect((await read(after.next)).gap).toBe(false);
  });

  test('a record without its newline waits, and a partial one is told when the process has ended', async () => {
    await write(line('name? ', 'P'), line('cut').slice(0, -1));
    expect((await read(null)).texts).toEqual([]);
    expect((await read(null, 100, true)).texts).toEqual(['name? ']);
  });

  test('what is no cursor is refused', async () => {
    await expect(read('bm8')).rejects.toMatchObject({ code: 'invalid' });
  });
});
