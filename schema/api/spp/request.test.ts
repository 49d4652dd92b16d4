import { describe, expect, expectTypeOf, it } from 'vitest';
import { problemOf } from '../../../test/support/problems.ts';
import { check } from '../../../test/support/spp-requests.ts';
import {
  type ClassifierChange,
  type ComponentPort,
  classifierChange,
  componentPort,
  componentStart,
} from './components.ts';
import { capture, nfvForward, nfvPatch, nfvPatchRemoval, nfvPort, type PatchRemoval } from './patching.ts';
import { checkRequest, type RequestRules, readRequest } from './request.ts';
import { invalidKey } from './text.ts';

describe('the faults of a request', () => {
  it('are all named, missing keys first', () => {
    const body = '{"type":"bridge","core":"3"}';
    const problem = problemOf(() => readRequest(componentStart, body));
    expect(problem.code).toBe('invalid');
    expect(problem.message).toBe('key(name) required.');
    expect(problem.errors).toEqual([
      { pointer: '/name', detail: 'is missing' },
      { pointer: '/core', detail: 'must be a whole number' },
      { pointer: '/type', detail: 'must be "forward" or "merge" or "classifier_mac" or "classifier"' },
    ]);
  });

  it('are located by pointers, which may be below the member in the text', () => {
    const body = '{"action":"attach","port":"x","dir":"rx","vlan":{"operation":"add","id":5000}}';
    const problem = problemOf(() => readRequest(componentPort, body));
    expect(problem.message).toBe('invalid key(port): x.');
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/port', '/vlan/id', '/vlan/pcp']);
  });

  it('are located by the member even if the text uses another name', () => {
    const problem = problemOf(() => readRequest(nfvPatch, '{"src":"a","dst":"b"}'));
    expect(problem.message).toBe('invalid key(port): a.');
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(['/src', '/dst']);
  });

  it('do not include the VLAN id if the type is unknown', () => {
    const body = '{"action":"add","type":"x","port":"ring:0","mac_address":"default","vlan":7}';
    expect(problemOf(() => readRequest(classifierChange, body)).errors?.map(({ pointer }) => pointer)).toEqual([
      '/type',
    ]);
  });

  it('of an extension include unknown members, twenty at most', () => {
    const one = problemOf(() => readRequest(capture, '{"action":"pause","a/b~c":1}'));
    expect(one.message).toBe('invalid key(action): pause.');
    expect(one.errors?.[1]).toEqual({ pointer: '/a~1b~0c', detail: 'unknown member' });
    const many = Object.fromEntries(Array.from({ length: 1000 }, (_, index) => [`m${index}`, index]));
    expect(problemOf(() => checkRequest(capture, { action: 'start', ...many })).errors).toHaveLength(20);
  });

  it('do not depend on properties that every object inherits', () => {
    expect(problemOf(() => checkRequest(capture, Object.create({ action: 'start' }))).message).toBe(
      'key(action) required.',
    );
    const odd = '{"action":"start","__proto__":{},"constructor":1}';
    expect(problemOf(() => readRequest(capture, odd)).errors?.map(({ pointer }) => pointer)).toEqual([
      '/__proto__',
      '/constructor',
    ]);
  });
});

describe('unknown members of a request of the seed', () => {
  it('are ignored and named', () => {
    const body = '{"name":"a","core":1,"type":"merge","x/y":1,"note":{"name":1}}';
    const { value, ignored } = readRequest(componentStart, body);
    expect(value).toEqual({ name: 'a', core: 1, type: 'merge' });
    expect(ignored).toEqual(['/x~1y', '/note']);
  });

  it.each<[string, RequestRules, unknown]>([
    ['componentStart', componentStart, { name: 'a', core: 1, type: 'merge' }],
    ['componentPort', componentPort, { action: 'attach', port: 'ring:0', dir: 'rx' }],
    ['componentPort', componentPort, { action: 'detach', port: 'ring:0', dir: 'rx' }],
    ['classifierChange', classifierChange, { action: 'add', type: 'mac', mac_address: 'default', port: 'ring:0' }],
    ['nfvForward', nfvForward, { action: 'stop' }],
    ['nfvPort', nfvPort, { action: 'del', port: 'ring:0' }],
    ['nfvPatch', nfvPatch, { src: 'ring:0', dst: 'ring:1' }],
  ])('are ignored by %s', (_, rules, body) => {
    expect(check(rules, { ...Object(body), more: 1 }).ignored).toEqual(['/more']);
  });

  it('are named inside a member as well', () => {
    const body = '{"action":"attach","port":"ring:0","dir":"rx","vlan":{"operation":"del","tpid":1}}';
    expect(readRequest(componentPort, body).ignored).toEqual(['/vlan/tpid']);
  });

  it('do not include those of weft’s own answers', () => {
    const body = '{"core":1,"name":"a","type":"merge","rx_port":[{"port":"ring:0"}],"tx_port":[]}';
    expect(readRequest(componentStart, body).ignored).toEqual([]);
  });
});

describe('a body that is no JSON object', () => {
  it.each(['', ' ', 'x', '{', '{"a":1,}', "{'a':1}", '{"core":01}', '\ufeff{}', 'undefined'])(
    '%j is no JSON',
    (text) => {
      const problem = problemOf(() => readRequest(componentStart, text));
      expect(problem).toMatchObject({ code: 'malformed', status: 400, message: 'Not in json format.' });
      expect(problem.errors).toEqual([{ pointer: '', detail: 'is not JSON' }]);
    },
  );

  it.each(['null', '[]', '"x"', '0', '1.5', 'true', '[{"name":"a"}]'])('%s is no object', (text) => {
    const problem = problemOf(() => readRequest(componentStart, text));
    expect(problem).toMatchObject({ code: 'malformed', status: 400, message: 'key(name) required.' });
    expect(problem.errors).toEqual([{ pointer: '', detail: 'must be a JSON object' }]);
  });

  it('is refused even if it is deeply nested', () => {
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    for (const text of [deep, `{"name":${deep},"core":1,"type":"merge"}`]) {
      expect(problemOf(() => readRequest(componentStart, text)).status).toBe(400);
    }
    let nested: unknown = 0;
    for (let level = 0; level < 100_000; level += 1) nested = [nested];
    const problem = problemOf(() => checkRequest(componentStart, { name: nested, core: 1, type: 'merge' }));
    expect(problem.message).toBe('invalid key(name): a value of too many levels.');
  });
});

describe('a value in an error', () => {
  it.each<[unknown, string]>([
    ['x', 'x'],
    ['it\'s "x"', 'it\'s "x"'],
    [5, '5'],
    [-1.5, '-1.5'],
    [Number.POSITIVE_INFINITY, 'Infinity'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'null'],
    [['a', 1], '["a",1]'],
    [{ operation: 'add' }, '{"operation":"add"}'],
    ['n'.repeat(100), 'n'.repeat(100)],
    ['n'.repeat(101), `${'n'.repeat(100)}...`],
    ['😀'.repeat(100), '😀'.repeat(100)],
    ['😀'.repeat(5000), `${'😀'.repeat(100)}...`],
    [`n${'😀'.repeat(5000)}`, `n${'😀'.repeat(99)}...`],
  ])('%j', (value, text) => {
    expect(invalidKey('port', value)).toBe(`invalid key(port): ${text}.`);
  });
});

it('shows the accepted forms of a request', () => {
  const port = readRequest(componentPort, '{"action":"detach","port":"ring:0","dir":"rx"}').value;
  expectTypeOf(port).toEqualTypeOf<ComponentPort>();
  if (port.action === 'attach') expectTypeOf(port.vlan.operation).toEqualTypeOf<'none' | 'add' | 'del'>();
  expectTypeOf<Extract<ClassifierChange, { type: 'vlan' }>['vlan']>().toEqualTypeOf<number>();
  expectTypeOf<Extract<ClassifierChange, { type: 'mac' }>['vlan']>().toEqualTypeOf<null>();
  expectTypeOf(readRequest(nfvPatchRemoval, '').value).toEqualTypeOf<PatchRemoval>();
  expectTypeOf<PatchRemoval>().toEqualTypeOf<{ src: string; dst: string } | null>();
});
