import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import { migrate } from '../../schema/database/migrate.ts';
import { openRemote } from '../../schema/database/remote.ts';
import { temporaryDirectory } from '../support/database.ts';
import { makeShellLayout } from '../support/images/shell-image.ts';
import { requestJson } from '../support/instance.ts';
import { startLibsqlServer } from '../support/libsql-server.ts';
import { until } from '../support/until.ts';
import { Weft } from '../support/weft.ts';
import { bundleWorker } from '../support/worker-bundle.ts';
import { startWorkers } from '../support/workerd.ts';

const token = 'a-token-of-16-or-more';
/** Of one request, on the free plan. */
const SUBREQUESTS_MAX = 50;

/** The API in workerd, and an executor alone in a process of its own, with one database between them. */
async function startApart() {
  const path = join(temporaryDirectory(), 'weft.db');
  // Two servers of one file, so that the requests of the Worker are counted apart.
  const [server, forWorker] = await Promise.all([startLibsqlServer(path, token), startLibsqlServer(path, token)]);
  onTestFinished(async () => {
    await Promise.all([server.close(), forWorker.close()]);
  });
  const database = openRemote(server.url, token);
  await migrate(database);
  database.close();
  const executor = await Weft.prepare();
  const ofExecutor = { WEFT_DATABASE_URL: server.url, WEFT_DATABASE_AUTH_TOKEN: token };
  executor.launch(ofExecutor, 'executor/main.ts');
  const directory = mkdtempSync(join(tmpdir(), 'weft-worker-'));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const { code, compatibilityDate } = bundleWorker(directory);
  const variables = { ...ofExecutor, WEFT_DATABASE_URL: forWorker.url, WEFT_ADMIN_TOKEN: token };
  const [url = ''] = await startWorkers(code, compatibilityDate, [variables]);
  const ask = (resource: string, init: RequestInit = {}) =>
    fetch(`${url}${resource}`, { ...init, headers: { ...init.headers, authorization: `Bearer ${token}` } });
  await until('the executor is alive', async () => (await ask('/readyz')).status === 200);
  const request = async (method: string, resource: string, body?: unknown) => {
    const answer = await requestJson<Record<string, unknown>>(ask, method, resource, body, { prefer: 'wait=20' });
    expect({ resource, status: answer.status, body: answer.body }).toMatchObject({ status: 200 });
    return answer.body;
  };
  return { ask, request, requests: forWorker.requests };
}

type Apart = Awaited<ReturnType<typeof startApart>>;

/** A container `web` that writes `one`, and nothing else by itself. */
async function runWeb({ request }: Apart): Promise<void> {
  const layout = makeShellLayout({ command: ['sh', '-c', 'echo one; exec sleep 600'] });
  await request('PATCH', '/hypervisors/host1/config', { image_import_dir: dirname(layout) });
  await request('POST', '/images', { name: 'lab/shell:1', source: `oci:${basename(layout)}:latest` });
  await request('PUT', '/host/host1/web', { image: 'lab/shell:1' });
}

/** Has the container write a line to its log, by a command. */
async function write({ request }: Apart, text: string): Promise<void> {
  const command = ['sh', '-c', `echo ${text} > /proc/1/fd/1; echo ${text}`];
  const answer = await request('POST', '/host/host1/web/exec', { command });
  expect(answer).toEqual({ exit_code: 0, stdout: `${text}\n`, stderr: '', timed_out: false, truncated: false });
}

/** How many operations there are that ask the executor for a log. */
async function questions({ request }: Apart): Promise<number> {
  const { operations } = await request('GET', '/operations?kind=container.log');
  return Array.isArray(operations) ? operations.length : Number.NaN;
}

interface LogRecord {
  readonly text?: string;
  readonly next?: string;
}

/** The records of a log that is followed, as they come. */
async function* follow({ ask }: Apart, query = ''): AsyncGenerator<LogRecord> {
  const { body } = await ask(`/host/host1/web/log?follow=true${query}`);
  let rest = '';
  for await (const chunk of body ?? new ReadableStream<Uint8Array>()) {
    const lines = (rest + Buffer.from(chunk).toString()).split('\n');
    rest = lines.pop() ?? '';
    yield* lines.map((line): LogRecord => JSON.parse(line));
  }
  expect(rest).toBe('');
}

it('a Worker runs commands, and a log that it follows goes on after its end without losing a line', async () => {
  const apart = await startApart();
  await runWeb(apart);

  const before = apart.requests.length;
  let ofCommand = 0;
  const records: LogRecord[] = [];
  for await (const record of follow(apart)) {
    records.push(record);
    if (record.text !== 'one') continue;
    const asked = apart.requests.length;
    await write(apart, 'two');
    ofCommand = apart.requests.length - asked;
  }
  expect(records.flatMap(({ text = [] }) => text)).toEqual(['one', 'two']);
  expect(apart.requests.length - before - ofCommand).toBeLessThanOrEqual(SUBREQUESTS_MAX);
  const { next = '' } = records.at(-1) ?? {};
  expect(next).not.toBe('');
  expect(await questions(apart)).toBe(0);

  await write(apart, 'three');
  const later: string[] = [];
  for await (const { text } of follow(apart, `&since=${next}`)) {
    if (text === undefined) continue;
    later.push(text);
    if (text === 'three') await write(apart, 'four');
    if (text === 'four') break;
  }
  expect(later).toEqual(['three', 'four']);

  const page = await apart.request('GET', `/host/host1/web/log?since=${next}`);
  expect(page).toMatchObject({ lines: [{ text: 'three' }, { text: 'four' }], gap: false });
});
