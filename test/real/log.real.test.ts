import { appendFileSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { LogPage } from '../../schema/api/leviathan-calls.ts';
import { LocalWeft } from '../support/local-weft.ts';
import { containerOf, runContainer } from '../support/running-container.ts';
import { until } from '../support/until.ts';

/** A container with the log of a process that has ended, which the test writes as conmon does. */
async function stage() {
  const weft = await LocalWeft.start();
  await weft.request('PUT', '/host/host1/web');
  const { logDirectory: directory } = await containerOf(weft, 'web');
  mkdirSync(directory, { recursive: true });
  let second = 9;
  const write = (...texts: readonly string[]) => {
    for (const text of texts) {
      second += 1;
      const record = `2026-11-28T12:00:${second}.123456789+00:00 stdout F ${text}\n`;
      appendFileSync(join(directory, 'current'), record);
    }
  };
  const rotate = () => renameSync(join(directory, 'current'), join(directory, 'previous'));
  return { weft, write, rotate };
}

const page = async (weft: LocalWeft, query = '') => {
  const { status, body } = await weft.request<LogPage>('GET', `/host/host1/web/log${query}`);
  expect(status).toBe(200);
  return { ...body, texts: body.lines.map(({ text }) => text) };
};

const leftBehind = (weft: LocalWeft) =>
  weft.sql(
    `SELECT kind FROM operations WHERE kind = 'container.log'
     UNION ALL SELECT type FROM events WHERE data LIKE '%container.log%'`,
  );

it('a log is read in pages, from a cursor or a time, and leaves nothing behind', async () => {
  const { weft, write } = await stage();
  write('one', 'two', 'three');
  const first = await page(weft, '?limit=2');
  expect(first).toMatchObject({ texts: ['one', 'two'], gap: false });
  expect(first.lines[0]).toEqual({ time: '2026-11-28T12:00:10.123Z', stream: 'stdout', text: 'one' });
  const second = await page(weft, `?since=${first.next}`);
  expect(second.texts).toEqual(['three']);
  expect((await page(weft, `?since=${second.next}`)).texts).toEqual([]);
  expect((await page(weft, '?since=2026-11-28T12:00:12Z')).texts).toEqual(['three']);
  expect(await leftBehind(weft)).toEqual([]);
});

it('the log of a process has both of its streams, and its last line when it has exited', async () => {
  const weft = await LocalWeft.start();
  await runContainer(weft, 'web', { command: ['sh', '-c', 'echo out; echo err >&2; printf last'] });
  await until('it has exited', async () => (await weft.request('GET', '/host/host1/web')).body.state === 'exited');
  const { lines } = await page(weft);
  const said = (stream: string) => lines.flatMap((line) => (line.stream === stream ? [line.text] : []));
  expect([said('stdout'), said('stderr')]).toEqual([['out', 'last'], ['err']]);
  expect(Math.abs(Date.parse(lines[0]?.time ?? '') - Date.now())).toBeLessThan(60_000);
});

it('a cursor is good after a restart of weft: each line of a process that lives on is told once', async () => {
  const weft = await LocalWeft.start();
  const counting = 'i=0; while :; do i=$((i+1)); echo $i; sleep 0.05; done';
  await runContainer(weft, 'web', { command: ['sh', '-c', counting] });
  const read: string[] = [];
  let since = '';
  const readMore = async () => {
    const { texts, next, gap } = await page(weft, since);
    expect(gap).toBe(false);
    read.push(...texts);
    since = `?since=${next}`;
    return texts.length > 0;
  };
  await until('it was read', readMore);
  for (const end of [() => weft.stop(), () => weft.abandon()]) {
    await end();
    await weft.restart();
    await until('it was read again', readMore);
  }
  expect(read).toEqual(read.map((_, index) => String(index + 1)));
});

it('lines that rotation has lost are a gap, once', async () => {
  const { weft, write, rotate } = await stage();
  write('one');
  const { next } = await page(weft);
  rotate();
  write('two');
  rotate();
  write('three');
  const later = await page(weft, `?since=${next}`);
  expect(later).toMatchObject({ texts: ['two', 'three'], gap: true });
  expect((await page(weft, `?since=${later.next}`)).gap).toBe(false);
});

it('what is no cursor, and a container in which no process was ever started, are refused', async () => {
  const { weft, write } = await stage();
  write('one');
  const invalid = await weft.request('GET', '/host/host1/web/log?since=bm8');
  expect(invalid.body).toMatchObject({ status: 400, detail: expect.stringMatching(/^since is neither/) });
  await weft.request('PUT', '/host/host1/empty');
  const empty = await weft.request('GET', '/host/host1/empty/log');
  expect(empty.body).toMatchObject({ status: 409, detail: expect.stringMatching(/^Container empty has no log/) });
  expect(await leftBehind(weft)).toEqual([]);
});

it('a log that is followed has each line once, soon after it was written', async () => {
  const { weft, write, rotate } = await stage();
  write('one');
  const client = new AbortController();
  const { body } = await weft.fetch('/host/host1/web/log?follow=true', { signal: client.signal });
  const reader = (body ?? new ReadableStream<Uint8Array>()).getReader();
  let text = '';
  const readUntil = async (last: string) => {
    while (!text.includes(last)) text += Buffer.from((await reader.read()).value ?? []).toString();
  };
  await readUntil('"one"');
  const began = performance.now();
  write('two');
  await readUntil('"two"');
  expect(performance.now() - began).toBeLessThan(1000);
  rotate();
  write('three', 'four');
  await readUntil('"four"');
  const texts = text.split('\n').flatMap((line) => (line.includes('"text"') ? [JSON.parse(line).text] : []));
  expect(texts).toEqual(['one', 'two', 'three', 'four']);
  client.abort();
  await reader.cancel().catch(() => undefined);
});

it('a log that is followed ends with its cursor when the server shuts down', async () => {
  const { weft, write } = await stage();
  write('one');
  const { body } = await weft.fetch('/host/host1/web/log?follow=true');
  const [text] = await Promise.all([new Response(body).text(), weft.stop()]);
  const records = text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
  expect(records[0]).toMatchObject({ text: 'one' });
  expect(records.at(-1)).toEqual({ next: records[1].next });
});

it('questions whose clients have ended without an answer are deleted later', async () => {
  const { weft, write } = await stage();
  write('one');
  await weft.sql(`
    INSERT INTO operations (id, hypervisor, kind, resource, request, generation, status, not_before_ms, deadline_ms, attempt, done,
      total, principal, created_ms, finished_ms)
    SELECT 'left', id, 'container.log', 'hypervisors/' || id || '/logs/web', '{}', 0, 'succeeded', 0, 0, 1, 1, 1, 'local', 0, 0
    FROM hypervisors`);
  expect((await page(weft)).texts).toEqual(['one']);
  expect(await leftBehind(weft)).toEqual([]);
});

it('a page takes a few milliseconds', async () => {
  const { weft, write } = await stage();
  write('one', 'two');
  await page(weft);
  const times: number[] = [];
  for (let turn = 0; turn < 20; turn += 1) {
    const began = performance.now();
    await page(weft);
    times.push(performance.now() - began);
  }
  const median = times.sort((left, right) => left - right)[10] ?? Number.NaN;
  expect(median).toBeLessThan(50);
});
