import { expect, it } from 'vitest';
import type { Network, SegmentSpec } from './desired.ts';
import { NewSegments } from './new-segments.ts';
import type { NetworkStep } from './steps.ts';

const LABEL = 'weft:db/lan';
const BRIDGE = `${LABEL} lan`;

function segment(members: readonly string[], more: Partial<SegmentSpec> = {}): SegmentSpec {
  const gateway = { address: '10.10.0.1', prefix: 16, mac: '02:00:00:00:00:01', present: true };
  return {
    ...{ name: 'lan', label: LABEL, linkName: 'lan', made: true, cin: { made: true, gateway, uplink: null } },
    members: members.map((container) => ({ container, ordinal: 0, outside: `${container}.0o` })),
    ...more,
  };
}

const network = (...segments: SegmentSpec[]): Network => ({ namespaces: [], isolations: [], processes: [], segments });

const bridge: NetworkStep = { name: 'bridge.create', item: null, bridge: 'lan', alias: BRIDGE, mac: '', up: false };

function veth(container: string): NetworkStep {
  const end = { namespace: null, name: 'x', mac: '', bridge: null, up: false };
  const [outside, inside] = [`${LABEL} ${container}.0o ${container}.0i`, `${LABEL} ${container}.0i ${container}.0o`];
  return {
    name: 'veth.create',
    item: container,
    ends: [
      { ...end, alias: outside },
      { ...end, alias: inside },
    ],
  };
}

function labelsAfter(desired: Network, ...steps: readonly NetworkStep[]): [string, string | null][] {
  const segments = new NewSegments();
  segments.want(desired);
  for (const step of steps) segments.note(step);
  return [...segments.labels()];
}

it('a segment whose bridge and links were all created in the attempt is new', () => {
  expect(labelsAfter(network(segment(['a', 'b'])), bridge, veth('a'), veth('b'))).toEqual([[LABEL, null]]);
});

it('behind an older bridge the host may know an address', () => {
  expect(labelsAfter(network(segment(['a'])), veth('a'))).toEqual([[LABEL, BRIDGE]]);
});

it('a segment with an older link, with links that are not read, or without any is not new', () => {
  expect(labelsAfter(network(segment(['a', 'b'])), bridge, veth('a'))).toEqual([]);
  expect(labelsAfter(network(segment(['a'], { without: [] })), veth('a'))).toEqual([]);
  expect(labelsAfter(network(segment([])), bridge)).toEqual([]);
});

it('one that is not new makes those of the same CIN not new', () => {
  const other = segment(['c'], { name: 'other', label: 'weft:db/other' });
  expect(labelsAfter(network(segment(['a']), other), bridge, veth('a'))).toEqual([]);
});

it('links that took the place of others are not new', () => {
  const replace: NetworkStep = { name: 'links.replace', item: null, replacements: [] };
  expect(labelsAfter(network(segment(['a', 'b', 'c'])), bridge, veth('a'), veth('b'), veth('c'), replace)).toEqual([]);
});
