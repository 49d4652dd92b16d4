import { expect, it } from 'vitest';
import type { CinContainer } from '../../../events/cins/state.ts';
import { monitorEvents } from './messages.ts';
import { reportChanges, reportState } from './report.ts';

const container = (name: string, tag: string | null = null, address = '10.10.0.10'): CinContainer => ({
  ...{ id: `id of ${name}`, name, address, tag },
});

const any = { tag: null, events: monitorEvents };
const blue = { tag: 'blue', events: monitorEvents };

it('reports a state as JSON, limited to a tag', () => {
  const state = [container('c1', 'blue'), container('c2')];
  expect(JSON.parse(reportState(state, any))).toEqual([
    { containerID: 'c1', ipaddress: '10.10.0.10', tag: 'blue' },
    { containerID: 'c2', ipaddress: '10.10.0.10', tag: null },
  ]);
  expect(JSON.parse(reportState(state, blue))).toEqual([{ containerID: 'c1', ipaddress: '10.10.0.10', tag: 'blue' }]);
});

it.each([
  ['comes', null, container('c', 'blue'), 'create', 'create'],
  ['goes', container('c', 'blue'), null, 'destroy', 'destroy'],
  ['has another address', container('c', 'blue', '10.10.0.9'), container('c', 'blue'), 'update', 'update'],
  ['is given the tag', container('c'), container('c', 'blue'), 'update', 'create'],
  ['loses the tag', container('c', 'blue'), container('c', 'red'), 'update', 'destroy'],
  ['comes with another tag', null, container('c', 'red'), 'create', undefined],
  ['goes with another tag', container('c', 'red'), null, 'destroy', undefined],
])('reports a container that %s', (_, before, after, all, tagged) => {
  const changes = [{ before, after }];
  expect(reportChanges(changes, any).map(({ event }) => event)).toEqual([all]);
  expect(reportChanges(changes, blue).map(({ event }) => event)).toEqual(tagged === undefined ? [] : [tagged]);
});

it('tells what a container was when it goes, and what it is otherwise', () => {
  const [event] = reportChanges([{ before: container('c', 'blue'), after: container('c', 'red') }], blue);
  expect(JSON.parse(event?.containers ?? '')).toEqual([{ containerID: 'c', ipaddress: '10.10.0.10', tag: 'blue' }]);
});

it('reports one event of each kind, first what goes, and only the kinds that the monitor asks for', () => {
  const changes = [
    { before: null, after: container('new') },
    { before: container('old'), after: null },
    { before: container('c'), after: container('c', 'x') },
    { before: null, after: container('newer') },
  ];
  const brief = (events: typeof monitorEvents | readonly ['create']) =>
    reportChanges(changes, { tag: null, events }).map(({ event, containers }) => [
      event,
      JSON.parse(containers).map(({ containerID }: { containerID: string }) => containerID),
    ]);
  expect(brief(monitorEvents)).toEqual([
    ['destroy', ['old']],
    ['update', ['c']],
    ['create', ['new', 'newer']],
  ]);
  expect(brief(['create'])).toEqual([['create', ['new', 'newer']]]);
});

it('encodes a list once for all monitors with the same filter', () => {
  const changes = [{ before: null, after: container('c') }];
  expect(reportChanges(changes, { ...any })).toBe(reportChanges(changes, { ...any }));
});
