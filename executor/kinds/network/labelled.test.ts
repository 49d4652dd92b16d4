import { expect, it } from 'vitest';
import type { Link, NamespaceView } from '../../drivers/netns/driver.ts';
import { labelled } from './labelled.ts';
import type { ObservedNetwork } from './steps.ts';

const PREFIX = 'weft:db/';

const link = (name: string, alias: string | null): Link => ({
  ...{ index: 1, name, alias, kind: 'veth', mac: null, mtu: 1500, up: true, master: null, peer: null },
});

const namespace = (name: string, label: string | null, links: Link[] = []): [string, NamespaceView] => [
  name,
  { name, label, mounted: true, links, addressing: null },
];

const nothing: ObservedNetwork = {
  ...{ host: [], namespaces: new Map(), addressing: null, isolation: null, processes: null },
};

const processes = { nowMs: 0, views: new Map(), layers: new Set<string>(), images: null, isInstalled: true };

/** What is found, in words. */
const found = (observed: Partial<ObservedNetwork>) =>
  labelled({ ...nothing, ...observed }, PREFIX).map(
    ({ kind, place, name, label, resource }) => `${kind} ${name} of ${resource} in ${place ?? 'the host'}: ${label}`,
  );

it('nothing is found where nothing is', () => {
  expect(found({})).toEqual([]);
});

it('links of the host and of namespaces are found by their labels, those of others and without a label are not', () => {
  expect(
    found({
      host: [link('lan', 'weft:db/n1 lan'), link('eth0', null), link('lan2', 'weft:other/n1 lan2')],
      namespaces: new Map([namespace('c1', null, [link('lan', 'weft:db/n1 c1.0i c1.0o'), link('mine', 'mine')])]),
    }),
  ).toEqual(['link lan of n1 in the host: weft:db/n1 lan', 'link lan of n1 in c1: weft:db/n1 c1.0i c1.0o']);
});

it('a namespace is found once, although its loopback has its label', () => {
  const namespaces = new Map([
    namespace('c1', 'weft:db/id1', [link('lo', 'weft:db/id1')]),
    namespace('c2', 'weft:other/id2', [link('lo', 'weft:other/id2')]),
  ]);
  expect(found({ namespaces })).toEqual(['namespace c1 of id1 in the host: weft:db/id1']);
});

it('a process and the layer of its container are one object, a layer without a process, too', () => {
  const view = {
    ...{ owner: 'id1', number: 1, digest: 'd', lower: '/', limits: { memory: null, cpus: null }, pid: 5 },
    ...{ phase: 'running' as const, startedMs: 0, restarts: 0, failures: 0, detached: false, exit: null },
  };
  const observed = { ...processes, views: new Map([['id1', view]]), layers: new Set(['id1', 'id2']) };
  expect(found({ processes: observed })).toEqual([
    'process id1 of id1 in the host: weft:db/id1',
    'process id2 of id2 in the host: weft:db/id2',
  ]);
});
