import { describe, expect, it } from 'vitest';
import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { Problem } from '../../../schema/problem.ts';
import { type Ask, client } from '../../../test/support/api.ts';
import { insertHypervisor, rowCounts, temporaryDatabase } from '../../../test/support/database.ts';
import { type Call, DatabaseDecorator, type Execute } from '../../../test/support/database-decorator.ts';

const EXEC = '/host/host1/web/exec';
const OUTPUT = { exit_code: 0, stdout: 'secret\n', stderr: '', timed_out: false, truncated: false };
const able = { netns: { available: true, version: null }, containers: { available: true, version: null } };

/** Ends every call as soon as it is accepted, as an executor would. */
class Answering extends DatabaseDecorator {
  readonly #end: Statement<never>;

  constructor(inner: Database, answer: unknown, refusal: Problem | null) {
    super(inner);
    this.#end = statement<never>(
      `UPDATE operations SET status = iif(:error IS NULL, 'succeeded', 'failed'), error = :error, result = :result,
         finished_ms = created_ms WHERE status = 'pending' AND kind IN ('container.exec', 'container.log')`,
      { result: JSON.stringify(answer), error: refusal && JSON.stringify(refusal) },
    );
  }

  protected async around<Answer>({ name }: Call, execute: Execute<Answer>): Promise<Answer> {
    const answer = await execute();
    if (name === 'accept') await this.write([this.#end]);
    return answer;
  }
}

/** A container on a hypervisor, whose executor answers each command. */
async function stage(
  capabilities: object = able,
  result: unknown = OUTPUT,
  refusal: Problem | null = null,
): Promise<{ database: Database; ask: Ask }> {
  const database = await temporaryDatabase();
  await insertHypervisor(database, 'host1', JSON.stringify(capabilities));
  const ask = client(new Answering(database, result, refusal));
  await ask('PUT', '/host/host1/web', undefined, { prefer: 'respond-async' });
  return { database, ask };
}

async function expectRefused(
  { database, ask }: { database: Database; ask: Ask },
  [path, body]: [string, unknown],
  problem: Record<string, unknown>,
): Promise<Response> {
  const before = await rowCounts(database);
  const answer = await ask('POST', path, body);
  expect(await answer.json()).toMatchObject(problem);
  expect(await rowCounts(database)).toEqual(before);
  return answer;
}

describe('a command in a container', () => {
  it.each<[string, unknown, string]>([
    ['/command', {}, 'is missing'],
    ['/command', { command: 'ls' }, 'must be a list of strings'],
    ['/command', { command: [] }, 'must begin with a program'],
    ['/command', { command: ['', 'a'] }, 'must begin with a program'],
    ['/command/1', { command: ['ls', 7] }, 'must be a string'],
    ['/command/0', { command: ['a\0b'] }, 'must not contain a NUL character'],
    ['/timeout', { command: ['ls'], timeout: 0 }, 'must be at least 1'],
    ['/timeout', { command: ['ls'], timeout: 301 }, 'must be at most 300'],
    ['/timeout', { command: ['ls'], timeout: 1.5 }, 'must be whole'],
    ['/timeout', { command: ['ls'], timeout: '5' }, 'must be a number of seconds'],
    ['/tty', { command: ['ls'], tty: true }, 'unknown member'],
    ['', ['ls'], 'must be an object'],
  ])('is refused for its member %j in %j', async (pointer, body, detail) => {
    await expectRefused(await stage(), [EXEC, body], { status: 400, errors: [{ pointer, detail }] });
  });

  it('needs a container, and a host, that exist', async () => {
    const { database, ask } = await stage();
    const body = { command: ['ls'] };
    const unknown = { status: 404, errors: [{ parameter: 'ContainerId' }] };
    await expectRefused({ database, ask }, ['/host/host1/db/exec', body], unknown);
    const elsewhere = { status: 404, errors: [{ parameter: 'HostId' }] };
    await expectRefused({ database, ask }, ['/host/host2/web/exec', body], elsewhere);
  });

  it('is a 503 to be repeated while the executor of the host is away', async () => {
    const { database, ask } = await stage();
    await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 40000')]);
    const detail = expect.stringMatching(/^host1 cannot be asked: its executor was last seen 4\d s ago$/);
    const answer = await expectRefused({ database, ask }, [EXEC, { command: ['ls'] }], { status: 503, detail });
    expect(answer.headers.get('retry-after')).toBe('1');
  });

  it('is a 503 while the container runtime is away, and a 422 on a host without one', async () => {
    const reason = 'runc does not answer';
    const away = { ...able, containers: { available: false, away: true, reason } };
    const detail = `host1 cannot run processes of containers now: ${reason}`;
    await expectRefused(await stage(away), [EXEC, { command: ['ls'] }], { status: 503, detail });
    const without = { ...able, containers: { available: false, reason: 'runc not found' } };
    await expectRefused(await stage(without), [EXEC, { command: ['ls'] }], { status: 422 });
  });

  it('is answered its output, which is then deleted', async () => {
    const { ask } = await stage();
    const answer = await ask('POST', EXEC, { command: ['cat', 'key'] });
    expect(answer.status).toBe(200);
    expect(await answer.json()).toEqual(OUTPUT);
    const operation = await ask('GET', `/operations/${answer.headers.get('operation-id')}`);
    expect(await operation.json()).toMatchObject({
      kind: 'container.exec',
      status: 'succeeded',
      request: { contID: 'web', command: ['cat', 'key'], timeout: 20 },
      result: null,
    });
  });

  it('keeps its output for a client that can ask again, and no list shows it', async () => {
    const { ask } = await stage();
    const key = { 'idempotency-key': 'k1' };
    const first = await ask('POST', EXEC, { command: ['ls'] }, key);
    const again = await ask('POST', EXEC, { command: ['ls'] }, key);
    expect(await again.json()).toEqual(await first.json());
    expect(again.headers.get('operation-id')).toBe(first.headers.get('operation-id'));
    const asynchronous = await ask('POST', EXEC, { command: ['ls'] }, { prefer: 'respond-async' });
    expect(asynchronous.status).toBe(202);
    const { id } = (await asynchronous.json()) as { id: string };
    expect(await (await ask('GET', `/operations/${id}`)).json()).toMatchObject({ result: OUTPUT });
    expect(await (await ask('GET', '/operations')).text()).not.toContain('secret');
  });

  it('that has not begun within 15 seconds never does', async () => {
    const { database, ask } = await stage();
    await ask('POST', EXEC, { command: ['ls'] });
    const [rows] = await database.read([
      statement<{ ms: number }>("SELECT deadline_ms - created_ms AS ms FROM operations WHERE kind = 'container.exec'"),
    ]);
    expect(rows).toEqual([{ ms: 15_000 }]);
  });

  it('waits for no operation, and none waits for it', async () => {
    const { database, ask } = await stage();
    await ask('POST', EXEC, { command: ['ls'] });
    const [rows] = await database.read([
      statement<{ kind: string }>(
        'SELECT DISTINCT o.kind FROM operation_subjects s JOIN operations o ON o.sequence = s.sequence',
      ),
    ]);
    expect(rows).toEqual([{ kind: 'container.create' }]);
  });
});

describe('the log of a container', () => {
  const LOG = '/host/host1/web/log';
  const NEXT = 'eyJhIjoxfQ';
  const answer = {
    lines: [{ time: '2026-11-28T12:00:00.000Z', stream: 'stdout', text: 'hi' }],
    next: NEXT,
    gap: false,
  };

  it.each([
    ['since', '?since=yesterday!', 'must be the `next` of an earlier answer, or a time like 2026-11-28T12:00:00Z'],
    [
      'since',
      '?since=2026-11-28T12:00:00%2B01:00',
      'must be the `next` of an earlier answer, or a time like 2026-11-28T12:00:00Z',
    ],
    ['since', `?since=${'a'.repeat(1001)}`, 'is longer than any cursor'],
    ['limit', '?limit=0', 'must be at least 1'],
    ['limit', '?limit=1001', 'must be at most 1000'],
    ['follow', '?follow=yes', 'must be true or false'],
    ['tail', '?tail=5', 'unknown parameter'],
  ])('refuses the parameter %s of %s', async (parameter, query, detail) => {
    const { database, ask } = await stage(able, answer);
    const before = await rowCounts(database);
    const refused = await ask('GET', `${LOG}${query}`);
    expect(await refused.json()).toMatchObject({ status: 400, errors: [{ parameter, detail }] });
    expect(await rowCounts(database)).toEqual(before);
  });

  it('is answered, and leaves neither an operation nor an event', async () => {
    const { database, ask } = await stage(able, answer);
    const before = await rowCounts(database);
    for (const since of ['', `?since=${NEXT}&limit=5`, '?since=2026-11-28T12:00:00.5Z&follow=false']) {
      const read = await ask('GET', `${LOG}${since}`);
      expect([read.status, await read.json()]).toEqual([200, answer]);
    }
    expect(await rowCounts(database)).toEqual(before);
  });

  it('leaves nothing of a question that its host refused, or did not answer', async () => {
    const refusal = new Problem('conflict', 'Container web has no log');
    const { database, ask } = await stage(able, answer, refusal);
    const before = await rowCounts(database);
    const read = await ask('GET', LOG);
    expect(await read.json()).toMatchObject({ status: 409, detail: 'Container web has no log' });
    expect(await rowCounts(database)).toEqual(before);
  });

  it('is followed as lines of JSON, until the reads of a request are used up', async () => {
    const { database, ask } = await stage(able, answer);
    const before = await rowCounts(database);
    const followed = await ask('GET', `${LOG}?follow=true`);
    expect(followed.headers.get('content-type')).toBe('application/x-ndjson');
    const records = (await followed.text()).split('\n').slice(0, -1);
    const [line, next] = [JSON.stringify(answer.lines[0]), JSON.stringify({ next: NEXT })];
    expect(records).toEqual([...Array.from({ length: 5 }, () => [line, next]).flat(), next]);
    expect(await rowCounts(database)).toEqual(before);
  });

  it('is a 503 while the executor is away, and a 404 of an unknown container, also if it is to be followed', async () => {
    const { database, ask } = await stage(able, answer);
    expect((await ask('GET', '/host/host1/db/log?follow=true')).status).toBe(404);
    await database.write([statement('UPDATE hypervisors SET last_seen_ms = last_seen_ms - 40000')]);
    const read = await ask('GET', `${LOG}?follow=true`);
    expect([read.status, read.headers.get('retry-after')]).toEqual([503, '1']);
  });
});

it('a CEN may be called exec', async () => {
  const { ask } = await stage();
  const joined = await ask('PUT', '/host/host1/web/exec', undefined, { prefer: 'respond-async' });
  expect(await joined.json()).toMatchObject({ kind: 'cen.join' });
  expect((await ask('GET', EXEC)).status).toBe(405);
});
