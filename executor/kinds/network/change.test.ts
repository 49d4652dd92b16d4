import { describe, expect, it } from 'vitest';
import type {
  OperationCen,
  OperationContainer,
  OperationMember,
  OperationRows,
} from '../../../schema/resources/network/operation-rows.ts';
import type { Change } from '../resource.ts';
import { networkChange } from './change.ts';
import type { Network } from './desired.ts';

const cen = (name: string, row: Partial<OperationCen> = {}): OperationCen => ({
  sequence: 1,
  id: name,
  name,
  link_name: name,
  generation: 1,
  wanted: 0,
  made: 0,
  partial: 0,
  ...row,
});
const member = (container: string, row: Partial<OperationMember> = {}): OperationMember => ({
  sequence: 1,
  cen: 'lan',
  container,
  ordinal: 0,
  outside: `${container}.0o`,
  before: 1,
  after: 1,
  ...row,
});
const container = (name: string, row: Partial<OperationContainer> = {}): OperationContainer => ({
  sequence: 1,
  id: name,
  name,
  explicit: 0,
  namespace: 0,
  desired: 'present',
  generation: 1,
  held: 0,
  named: 1,
  process: null,
  ...row,
});

/** The change that an operation on the CEN `lan` makes, from these rows. */
function changeOf(kind: string, rows: Partial<OperationRows>): Change<Network> {
  const none = { cens: [], members: [], containers: [], cins: [], cinCens: [], addresses: [] };
  return networkChange(
    'db',
    { kind, resource: 'hypervisors/h/cens/lan', request: '{}', sequence: 1 },
    { ...none, ...rows },
  );
}

/** The namespaces that exist after an operation, and those that do not. */
function namespacesAfter(kind: string, rows: Partial<OperationRows>): { present: string[]; absent: string[] } {
  const { namespaces } = changeOf(kind, rows).after;
  const names = (present: boolean) => namespaces.filter((spec) => spec.present === present).map(({ name }) => name);
  return { present: names(true), absent: names(false) };
}

describe('a CEN', () => {
  it.each([
    ['cen.make', { made: 0 }, true],
    ['cen.make', { made: 1 }, true],
    ['cen.destroy', { made: 1 }, false],
    ['cen.delete', { made: 1 }, false],
    ['cen.join', { made: 1 }, true],
    ['cen.join', { made: 0, wanted: 1 }, false],
    ['cen.import', { made: 1 }, true],
    ['cen.repair', { made: 1, wanted: 0 }, false],
  ])('after %s of %o: made is %s', (kind, row, made) => {
    const { after } = changeOf(kind, { cens: [cen('lan', row)], members: [], containers: [] });
    expect(after.segments[0]?.made).toBe(made);
  });

  it('with some members that join or leave contains only those, each on its own side', () => {
    const members = [member('new', { before: 0 }), member('old', { after: 0 })];
    const rows = { cens: [cen('lan', { made: 1, partial: 1 })], members, containers: [] };
    const { before, after } = changeOf('cen.join', rows);
    const names = ({ segments: [lan] }: typeof before) => [
      lan?.members.map(({ container: name }) => name),
      lan?.without?.map(({ container: name }) => name),
    ];
    expect([names(before), names(after)]).toEqual([
      [['old'], ['new']],
      [['new'], ['old']],
    ]);
  });

  it('has the members as of its own place in the order, before and after', () => {
    const { before, after, total } = changeOf('cen.import', {
      cens: [cen('lan', { made: 1 })],
      members: [member('a'), member('b', { after: 0 }), member('c', { before: 0 })],
      containers: [],
    });
    const names = (side: typeof before) => side.segments[0]?.members.map((each) => each.container);
    expect(names(before)).toEqual(['a', 'b']);
    expect(names(after)).toEqual(['a', 'c']);
    expect(total).toBe(3);
  });
});

describe('the namespace of a container', () => {
  const two = [member('a'), member('b')];

  it('is created with the first of its CENs that is made', () => {
    const rows = { cens: [cen('lan')], members: two, containers: [container('a'), container('b', { namespace: 1 })] };
    expect(namespacesAfter('cen.make', rows)).toEqual({ present: ['a', 'b'], absent: [] });
  });

  it('is deleted with the last, unless the container was created explicitly', () => {
    const containers = [
      container('a', { namespace: 1 }),
      container('b', { namespace: 1, held: 1 }),
      container('c', { namespace: 1, explicit: 1 }),
    ];
    const rows = { cens: [cen('lan', { made: 1 })], members: [...two, member('c')], containers };
    expect(namespacesAfter('cen.destroy', rows)).toEqual({ present: ['b', 'c'], absent: ['a'] });
  });

  it('stays when the container leaves a CEN', () => {
    const rows = {
      cens: [cen('lan', { made: 1 })],
      members: [member('a', { after: 0 })],
      containers: [container('a', { namespace: 1 })],
    };
    expect(namespacesAfter('cen.leave', rows)).toEqual({ present: ['a'], absent: [] });
  });

  it('is not changed by a destroy of a CEN that was never made', () => {
    const rows = { cens: [cen('lan')], members: two, containers: [container('a', { namespace: 1 }), container('b')] };
    expect(namespacesAfter('cen.destroy', rows)).toEqual({ present: ['a'], absent: ['b'] });
  });

  it('of a container that is not a subject belongs to another operation, unless a made CEN needs it', () => {
    const containers = [container('a', { named: 0 }), container('b', { named: 0, namespace: 1 }), container('c')];
    const members = [member('a'), member('b'), member('c', { before: 0 })];
    expect(namespacesAfter('cen.join', { cens: [cen('lan')], members, containers })).toEqual({
      present: ['c'],
      absent: [],
    });
    expect(namespacesAfter('cen.join', { cens: [cen('lan', { made: 1 })], members, containers })).toEqual({
      present: ['b', 'c'],
      absent: [],
    });
  });
});
