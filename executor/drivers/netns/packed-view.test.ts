import { expect, it } from 'vitest';
import type { Addressing, HostView, Link } from './driver.ts';
import { packView, unpackView } from './packed-view.ts';

const plain: Link = {
  index: 7,
  name: 'eth0',
  alias: 'a label',
  kind: 'veth',
  mac: '02:00:00:00:00:01',
  mtu: 1500,
  up: true,
  master: 3,
  peer: 0x3fff_ffff,
};
const bare: Link = {
  ...plain,
  index: 1,
  alias: null,
  kind: null,
  mac: null,
  mtu: 0xffff_ffff,
  up: false,
  master: null,
};

const addressing: Addressing = {
  addresses: [
    { index: 7, address: '255.255.255.255', prefix: 32, scope: 0 },
    { index: 1, address: '127.0.0.1', prefix: 8, scope: 254 },
  ],
  routes: [
    { ...{ destination: '0.0.0.0', prefix: 0, gateway: '10.250.0.1', index: 7 }, metric: 0, protocol: 87, table: 254 },
    { ...{ destination: '192.0.2.0', prefix: 24, gateway: null, index: null }, metric: 9, protocol: 3, table: 254 },
  ],
  strictArp: true,
};

it('packing and unpacking are lossless, through a structured clone', () => {
  const view: HostView = {
    links: [plain, { ...bare, peer: null }, { ...plain, alias: '' }],
    namespaces: [
      { name: 'a', label: 'its label', mounted: true, links: [bare, plain], addressing },
      { name: 'half', label: 'half-made', mounted: false, links: [], addressing: null },
      { name: 'empty', label: null, mounted: true, links: [], addressing: null },
      {
        name: 'b',
        label: null,
        mounted: true,
        links: [plain],
        addressing: { addresses: [], routes: [], strictArp: false },
      },
    ],
    addressing: null,
  };
  expect(unpackView(structuredClone(packView(view)))).toEqual(view);
  const onHost: HostView = { links: [], namespaces: [], addressing };
  expect(unpackView(structuredClone(packView(onHost)))).toEqual(onHost);
  const none: HostView = { links: [], namespaces: [], addressing: null };
  expect(unpackView(packView(none))).toEqual(none);
});
