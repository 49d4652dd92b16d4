import { describe, expect, it } from 'vitest';
import { createApp } from '../../../functions/app.ts';
import type { Ask } from '../../support/api.ts';
import { rowCounts } from '../../support/database.ts';
import { apiWithEverything, forgetEverything } from './api.ts';
import { type Write, writes } from './writes.ts';

const key = { 'idempotency-key': 'order-66' };

interface Answer {
  readonly status: number;
  readonly operation: string | null;
  readonly location: string | null;
  readonly text: string;
}

async function send(ask: Ask, { method, path, body, headers }: Write, more: Record<string, string>): Promise<Answer> {
  const answer = await ask(method, path, body, { ...headers, ...key, ...more });
  return {
    status: answer.status,
    operation: answer.headers.get('operation-id'),
    location: answer.headers.get('location'),
    text: await answer.text(),
  };
}

async function matching(ask: Ask, { tagged }: Write): Promise<Record<string, string>> {
  if (tagged === undefined) return {};
  return { 'if-match': (await ask('GET', tagged)).headers.get('etag') ?? '' };
}

it('the table has every write of the application', () => {
  const app = createApp(() => {
    throw new Error('no request is made');
  });
  const served = app.routes.filter(({ method }) => ['POST', 'PUT', 'PATCH', 'DELETE'].includes(method));
  const routes = new Set(served.map(({ method, path }) => `${method} ${path}`));
  expect([...new Set(writes.map(({ method, route }) => `${method} ${route}`))].sort()).toEqual([...routes].sort());
});

describe.each(writes.map((write) => [`${write.method} ${write.path}`, write] as const))('%s', (_, write) => {
  it('sent again with its key is the same operation with the same answer, also after a change of the entity tag', async () => {
    const { database, ask } = await apiWithEverything();
    const tag = await matching(ask, write);
    const first = await send(ask, write, tag);
    expect({ ...first, ok: first.status < 300 }).toMatchObject({ ok: true, operation: expect.any(String) });
    const rows = await rowCounts(database);
    expect(await send(ask, write, tag)).toEqual(first);
    expect(await rowCounts(database)).toEqual(rows);
  });

  it('and has the same answer when everything was removed since', async () => {
    const { database, ask } = await apiWithEverything();
    const tag = await matching(ask, write);
    const { status, operation, text } = await send(ask, write, tag);
    await forgetEverything(database);
    const again = await send(ask, write, tag);
    expect({ status: again.status, operation: again.operation }).toEqual({ status, operation });
    if (write.method === 'DELETE') expect(kindOf(again.text)).toEqual(kindOf(text));
  });

  it('with another body is a 422 and changes nothing', async () => {
    const { database, ask } = await apiWithEverything();
    const { operation } = await send(ask, write, {});
    const rows = await rowCounts(database);
    const refused = await send(ask, { ...write, body: '{"other":true}' }, {});
    expect(refused).toMatchObject({ status: 422, text: expect.stringContaining(`(operation ${operation})`) });
    expect(await rowCounts(database)).toEqual(rows);
  });

  it('with another key is another operation', async () => {
    const { ask } = await apiWithEverything();
    const ids = [await send(ask, write, {}), await send(ask, write, { 'idempotency-key': 'order-67' })];
    expect(ids[1]?.operation).not.toBe(ids[0]?.operation);
  });
});

/** The members of a JSON answer; the name of an operation's hypervisor may be missing if that is gone. */
function kindOf(text: string): unknown {
  if (text === '') return '';
  const body: unknown = JSON.parse(text);
  return typeof body === 'object' && body !== null ? Object.keys(body) : body;
}
