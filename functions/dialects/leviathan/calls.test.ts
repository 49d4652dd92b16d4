import { describe, expect, it } from 'vitest';
import { type Database, type Statement, statement } from '../../../schema/database/database.ts';
import { type Ask, client } from '../../../test/support/api.ts';
import { insertHypervisor, rowCounts, temporaryDatabase } from '../../../test/support/database.ts';
import { type Call, DatabaseDecorator, type Execute } from '../../../test/support/database-decorator.ts';

const EXEC = '/host/host1/web/exec';
const OUTPUT = { exit_code: 0, stdout: 'secret\n', stderr: '', timed_out: false, truncated: false };
const able = { netns: { available: true, version: null }, containers: { available: true, version: null } };

/** Ends every call as soon as it is accepted, as an executor would. */
class Answering extends DatabaseDecorator {
  readonly #end: Statement<never>;

  constructor(inner: Database, answer: unknown) {
    super(inner);
    this.#end = statement<never>(
      `UPDATE operations SET status = 'succeeded', result = :result, finished_ms = created_ms
       WHERE status = 'pending' AND kind = 'container.exec'`,
      { result: JSON.stringify(answer) },
    );
  }

  protected async around<Answer>({ name }: Call, execute: Execute<Answer>): Promise<Answer> {
    const answer = await execute();
    if (name === 'accept') await this.write([this.#end]);
    return answer;
  }
}

/** A container on a hypervisor, whose executor answers each command. */
async function stage(capabilities: object = able): Promise<{ database: Database; ask: Ask }> {
  const database = await temporaryDatabase();
  await insertHypervisor(database, 'host1', JSON.stringify(capabilities));
  const ask = client(new Answering(database, OUTPUT));
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

it('a CEN may be called exec', async () => {
  const { ask } = await stage();
  const joined = await ask('PUT', '/host/host1/web/exec', undefined, { prefer: 'respond-async' });
  expect(await joined.json()).toMatchObject({ kind: 'cen.join' });
  expect((await ask('GET', EXEC)).status).toBe(405);
});
