import { describe, expect, it } from 'vitest';
import { foreign, NetworksApi } from '../support/vlan-networks.ts';

/* What the client of the old compute agent sends, and what it takes for success. */

describe.each([
  ['document', 200, 200],
  ['agent', 201, 204],
] as const)('with WEFT_COMPUTE_STATUS=%s', (computeStatus, created, deleted) => {
  it.each(['/networks/vlan:292', '/networks/vlan%3A292', '/networks/vlan:292/'])(
    'POST %s creates a network',
    async (path) => {
      const api = await NetworksApi.start({ computeStatus });
      const answer = await api.sendAndEnd('POST', path, '{"bridge": "br0", "vlan": 292}', undefined, '');
      expect(answer.status).toBe(created);
      expect(answer.headers.get('content-type')).toBe('application/json');
      for (const [name, known] of [
        ['vlan:292', 200],
        ['vlan%3A292', 200],
        ['vlan:29', 404],
      ] as const) {
        const probed = await api.ask('GET', `/networks/${name}`);
        expect([name, probed.status]).toEqual([name, known]);
        await probed.json();
      }
      const list = await (await api.ask('GET', '/networks')).json();
      expect(list).toMatchObject([{ name: 'vlan:292', state: 'active', autostart: 'yes', persistent: 'yes' }]);
      const again = await api.ask('POST', path, '{"bridge": "br0", "vlan": 292}');
      expect([again.status, (await again.json()).status]).toEqual([409, 409]);
      const removed = await api.sendAndEnd('DELETE', path, undefined, undefined, '');
      expect(removed.status).toBe(deleted);
      expect(await (await api.ask('GET', '/networks')).json()).toEqual([]);
    },
  );

  it('a body that is missing or wrong is a 400 whose body is JSON', async () => {
    const api = await NetworksApi.start({ computeStatus });
    for (const body of [undefined, '', '{', '{"bridge":"br0"}', '{"bridge":"br0","vlan":"10"}']) {
      const answer = await api.ask('POST', '/networks/a', body);
      expect([body, answer.status, (await answer.json()).status]).toEqual([body, 400, 400]);
    }
  });
});

it('its teardown deletes all that is listed, and is not stopped by what others have made', async () => {
  const api = await NetworksApi.start({ computeStatus: 'agent' });
  for (const name of ['vlan:1', 'vlan:2']) await api.created(name);
  await api.see(foreign);
  const listed: { name: string }[] = await (await api.ask('GET', '/networks')).json();
  for (const { name } of listed) {
    const answer = await api.sendAndEnd('DELETE', `/networks/${name}`, undefined, undefined, '');
    expect([name, answer.status]).toEqual([name, 204]);
  }
  expect(await (await api.ask('GET', '/networks')).json()).toEqual([]);
});
