import { expect, it } from 'vitest';
import type { Link } from '../../drivers/netns/driver.ts';
import { afterCreation } from './after-creation.ts';
import type { NetworkStep, ObservedNetwork } from './steps.ts';

const lan: Link = {
  ...{ index: 7, name: 'lan', alias: 'weft:db/lan lan', kind: 'bridge', mac: null, mtu: 1500, up: true },
  ...{ master: null, peer: null },
};
const empty: ObservedNetwork = {
  ...{ host: [lan], namespaces: new Map(), addressing: null, isolation: null, processes: null },
};
const end = { mac: '02:00:00:00:00:02', up: false };
const create: readonly NetworkStep[] = [
  { name: 'namespace.create', item: 'a', namespace: 'a', label: 'weft:db/a' },
  {
    name: 'veth.create',
    item: 'a',
    ends: [
      { ...end, namespace: null, name: 'a.0o', alias: 'weft:db/lan a.0o a.0i', bridge: 'lan' },
      { ...end, namespace: 'a', name: 'lan', alias: 'weft:db/lan a.0i a.0o', bridge: null },
    ],
  },
  { name: 'links.enable', item: null, links: [] },
];

it('has what the steps create, without addresses, under indexes that nothing else has', () => {
  const after = afterCreation(empty, create);
  const port = after?.host.find(({ name }) => name === 'a.0o');
  const view = after?.namespaces.get('a');
  expect(port).toMatchObject({ alias: 'weft:db/lan a.0o a.0i', master: 7 });
  expect(view).toMatchObject({ label: 'weft:db/a', mounted: true, addressing: { addresses: [], routes: [] } });
  expect(view?.links.map(({ name, alias }) => [name, alias])).toEqual([['lan', 'weft:db/lan a.0i a.0o']]);
  expect(new Set([7, port?.index, view?.links[0]?.index]).size).toBe(3);
});

it('does not change what was observed', () => {
  afterCreation(empty, create);
  expect(empty).toEqual({ host: [lan], namespaces: new Map(), addressing: null, isolation: null, processes: null });
});

it('is not known after other steps', () => {
  const remove: NetworkStep = { name: 'links.delete', item: null, namespace: null, aliases: [] };
  expect(afterCreation(empty, [...create, remove])).toBeNull();
});
