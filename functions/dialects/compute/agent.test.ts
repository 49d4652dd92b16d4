import { expect, it } from 'vitest';
import { failed, foreign, NetworksApi } from '../../../test/support/vlan-networks.ts';

/* WEFT_COMPUTE_STATUS=agent */

const start = () => NetworksApi.start({ computeStatus: 'agent' });
const body = { bridge: 'br0', vlan: 10 };

it.each(['', 'respond-async', 'wait=0'])(
  'writes are answered with 201 and 204 when they are done, with Prefer: %s',
  async (prefer) => {
    const api = await start();
    const created = await api.sendAndEnd('POST', '/networks/a', body, undefined, prefer);
    expect([created.status, created.headers.get('preference-applied')]).toEqual([201, null]);
    expect(await created.json()).toMatchObject({ name: 'a', state: 'active', autostart: 'yes', persistent: 'yes' });

    const deleted = await api.sendAndEnd('DELETE', '/networks/a', undefined, undefined, prefer);
    expect([deleted.status, await deleted.text()]).toEqual([204, '']);
    expect(await api.rows()).toEqual([]);
  },
);

it('a failure is the same problem as otherwise', async () => {
  const api = await start();
  const answer = await api.sendAndEnd('POST', '/networks/a', body, failed);
  expect(answer.status).toBe(422);
  expect(await answer.json()).toMatchObject({ detail: 'no bridge br0' });
});

it('a request whose executor is dead is a 503 that names its operation, never a 202', async () => {
  const api = await start();
  await api.write('UPDATE hypervisors SET last_seen_ms = 0');
  const answer = await api.ask('POST', '/networks/a', body);
  expect(answer.status).toBe(503);
  const id = answer.headers.get('operation-id');
  expect(answer.headers.get('location')).toBe(`/operations/${id}`);
  expect(answer.headers.get('retry-after')).not.toBeNull();
  expect(await answer.json()).toMatchObject({
    code: 'unavailable',
    detail: expect.stringMatching(new RegExp(`^Recorded as operation ${id}; waiting for host1, last seen`)),
  });
  expect((await api.send('GET', `/operations/${id}`)).body).toMatchObject({ status: 'pending' });
});

it('a server that stops ends the wait with a 503', async () => {
  const stopping = new AbortController();
  const api = await NetworksApi.start({ computeStatus: 'agent', stopping: stopping.signal });
  const waiting = api.ask('POST', '/networks/a', body);
  stopping.abort();
  const answer = await waiting;
  expect(answer.status).toBe(503);
  expect(await answer.json()).toMatchObject({ detail: expect.stringContaining('it has not ended yet') });
});

it('lists name only what weft manages, and the rest can be read', async () => {
  const api = await start();
  await api.see(foreign);
  await api.sendAndEnd('POST', '/networks/a', body);
  for (const path of ['/networks', '/hypervisors/host1/networks'])
    expect((await api.send('GET', path)).body).toMatchObject([{ name: 'a' }]);
  expect((await api.send('GET', '/networks/default')).body).toMatchObject({ managed: false });
  expect((await api.send('DELETE', '/networks/default')).status).toBe(409);
});
