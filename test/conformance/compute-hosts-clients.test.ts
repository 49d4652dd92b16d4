import { describe, expect, it } from 'vitest';
import { foreignDomainsNote } from '../../schema/resources/domains/notes.ts';
import { DomainsApi, failed } from '../support/domains/api.ts';

/* What the client of the old compute agent sends for hosts, and what it takes for success. */

const foreign = { uuid: 'u', name: 'b', state: 'running', memory: 64, vcpus: 1 };
const request = '{"memory": 512, "disks": [8], "networks": ["vlan:292"], "start": false}';

async function start(computeStatus: 'document' | 'agent'): Promise<DomainsApi> {
  const api = await DomainsApi.start({ computeStatus });
  await api.write("UPDATE foreign_networks SET name = 'vlan:292'");
  return api;
}

describe.each([
  ['document', { created: 200, started: 200, deleted: 200 }],
  ['agent', { created: 201, started: 204, deleted: 204 }],
] as const)('with WEFT_COMPUTE_STATUS=%s', (computeStatus, statuses) => {
  it('a host is created, polled, started and deleted', async () => {
    const api = await start(computeStatus);
    const created = await api.sendAndEnd('POST', '/hosts/ns.example.com/', request);
    expect([created.status, created.headers.get('content-type')]).toEqual([statuses.created, 'application/json']);
    const { id, name, state } = await created.json();
    expect({ id, name, state }).toEqual({ id: expect.any(String), name: 'ns.example.com', state: 'shut off' });
    expect(await (await api.ask('GET', '/hosts/ns.example.com')).json()).toMatchObject({ id, name, state });

    const started = await api.sendAndEnd('PUT', '/hosts/ns.example.com/start');
    expect(started.status).toBe(statuses.started);
    const text = await started.text();
    if (computeStatus === 'agent') expect(text).toBe('');
    else expect(JSON.parse(text)).toMatchObject({ id, state: 'running' });
    expect(await (await api.ask('GET', '/hosts')).json()).toMatchObject([{ id, name, state: 'running' }]);

    const changed = await api.sendAndEnd('PATCH', '/hosts/ns.example.com', { vcpus: 2 });
    expect([changed.status, (await changed.json()).vcpus]).toEqual([200, 2]);

    const deleted = await api.sendAndEnd('DELETE', '/hosts/ns.example.com');
    expect([deleted.status, (await deleted.text()) === '']).toEqual([statuses.deleted, computeStatus === 'agent']);
    expect((await api.ask('GET', '/hosts/ns.example.com')).status).toBe(404);
  });

  it('errors are JSON with the document’s statuses', async () => {
    const api = await start(computeStatus);
    await api.sendAndEnd('POST', '/hosts/a', request);
    const answers = [
      [400, await api.ask('POST', '/hosts/b', '{')],
      [400, await api.ask('POST', '/hosts/b')],
      [400, await api.ask('POST', '/hosts/b', { memory: 512 })],
      [409, await api.ask('POST', '/hosts/a', request)],
      [404, await api.ask('GET', '/hosts/b')],
      [404, await api.ask('DELETE', '/hosts/b')],
      [404, await api.ask('PUT', '/hosts/b/start')],
      [422, await api.sendAndEnd('POST', '/hosts/b', request, failed)],
    ] as const;
    for (const [status, answer] of answers) {
      expect([answer.status, (await answer.json()).status]).toEqual([status, status]);
    }
  });
});

it('its teardown deletes all that is listed, and is not stopped by what others have made', async () => {
  const api = await start('agent');
  for (const name of ['a', 'c']) await api.sendAndEnd('POST', `/hosts/${name}`, request);
  await api.note(foreignDomainsNote, [foreign]);
  const listed: { name: string }[] = await (await api.ask('GET', '/hosts')).json();
  for (const { name } of listed) {
    const answer = await api.sendAndEnd('DELETE', `/hosts/${name}`);
    expect([name, answer.status]).toEqual([name, 204]);
  }
  expect(await (await api.ask('GET', '/hosts')).json()).toEqual([]);
  expect((await api.ask('DELETE', '/hosts/b')).status).toBe(409);
});
