import { expect, it } from 'vitest';
import type { HostView, Link } from './driver.ts';
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

it('packing and unpacking are lossless, through a structured clone', () => {
  const view: HostView = {
    links: [plain, { ...bare, peer: null }, { ...plain, alias: '' }],
    namespaces: [
      { name: 'a', label: 'its label', mounted: true, links: [bare, plain] },
      { name: 'half', label: 'half-made', mounted: false, links: [] },
      { name: 'empty', label: null, mounted: true, links: [] },
      { name: 'b', label: null, mounted: true, links: [plain] },
    ],
  };
  expect(unpackView(structuredClone(packView(view)))).toEqual(view);
  expect(unpackView(packView({ links: [], namespaces: [] }))).toEqual({ links: [], namespaces: [] });
});
