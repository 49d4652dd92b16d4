import { describe, expect, it } from 'vitest';
import type { LogPage } from '../../../schema/api/leviathan-calls.ts';
import { Problem } from '../../../schema/problem.ts';
import { followLog } from './follow.ts';

const page = (next: string, ...texts: string[]): LogPage => ({
  lines: texts.map((text) => ({ time: 't', stream: 'stdout', text })),
  next,
  gap: false,
});
const line = (text: string) => ({ time: 't', stream: 'stdout', text });

/** A log of these pages after the first one; the cursors that were asked for; how often it ended. */
function follow(first: LogPage, ...pages: (LogPage | Error | null)[]) {
  const asked: string[] = [];
  let ends = 0;
  const stream = followLog({
    first,
    ended: () => {
      ends += 1;
    },
    read: async (since) => {
      asked.push(since);
      const next = pages.shift();
      if (next instanceof Error) throw next;
      return next ?? null;
    },
  });
  return { stream, asked, ends: () => ends };
}

async function records(stream: ReadableStream<Uint8Array>): Promise<unknown[]> {
  const text = await new Response(stream).text();
  return text
    .split('\n')
    .filter((each) => each !== '')
    .map((each) => JSON.parse(each));
}

describe('a log that is followed', () => {
  it('has the lines of each page and then its cursor, from which it is read on', async () => {
    const { stream, asked, ends } = follow(page('1', 'a', 'b'), page('2'), page('3', 'c'));
    expect(await records(stream)).toEqual([
      line('a'),
      line('b'),
      { next: '1' },
      line('c'),
      { next: '3' },
      { next: '3' },
    ]);
    expect(asked).toEqual(['1', '2', '3']);
    expect(ends()).toBe(1);
  });

  it('tells of a gap before the lines that follow it', async () => {
    const { stream } = follow({ ...page('1', 'a'), gap: true });
    expect(await records(stream)).toEqual([{ gap: true }, line('a'), { next: '1' }, { next: '1' }]);
  });

  it('ends with an error that came later', async () => {
    const { stream, ends } = follow(page('1', 'a'), new Problem('unavailable', 'the host is away'));
    const last = { error: expect.objectContaining({ status: 503, detail: 'the host is away' }) };
    expect(await records(stream)).toEqual([line('a'), { next: '1' }, last]);
    expect(ends()).toBe(1);
  });

  it('is not read on while its client takes nothing, and ends with its client', async () => {
    const { stream, asked, ends } = follow(page('1', 'a'), page('2', 'b'), page('3', 'c'), page('4', 'd'));
    const reader = stream.getReader();
    await reader.read();
    await new Promise(setImmediate);
    expect(asked).toEqual(['1']);
    await reader.cancel();
    expect(ends()).toBe(1);
    expect(asked).toEqual(['1']);
  });
});
