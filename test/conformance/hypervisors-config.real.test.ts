import { describe, expect, it } from 'vitest';
import { aFleet, ID, must, placeOf, written } from './hypervisors-server.ts';

const path = `/hypervisors/${ID}/config`;

describe('the config of a hypervisor', () => {
  it('is empty at first, merges, and removes keys with empty values', async () => {
    const weft = await aFleet();
    expect(await must(weft, 'GET', path)).toEqual({});
    expect(await must(weft, 'PATCH', path, { bar: 'baz', foo: '1' })).toEqual({ bar: 'baz', foo: '1' });
    expect(await must(weft, 'PATCH', path, { foo: '2' })).toEqual({ bar: 'baz', foo: '2' });
    expect(await must(weft, 'PATCH', path, { bar: '', foobar: 'asdf' })).toEqual({ foo: '2', foobar: 'asdf' });
    expect(await must(weft, 'PATCH', path, { never: '' })).toEqual({ foo: '2', foobar: 'asdf' });
    expect(await must(weft, 'PATCH', path, { foo: '', foobar: '' })).toEqual({});
    expect(await must(weft, 'PATCH', path, {})).toEqual({});
  });

  it('takes any text as a key and as a value', async () => {
    const weft = await aFleet();
    const odd = {
      'a.b': '$',
      'a"b': '"',
      "a'b": "'",
      'a/b~c': '\\',
      '[0]': '[',
      ' ': ' ',
      ü: '☃',
      $: 'x',
      __proto: 'y',
    };
    expect(await must(weft, 'PATCH', path, odd)).toEqual(odd);
    expect(await must(weft, 'GET', path)).toEqual(odd);
    const gone = Object.fromEntries(Object.keys(odd).map((key) => [key, '']));
    expect(await must(weft, 'PATCH', path, gone)).toEqual({});
  });

  it('is not part of the hypervisor', async () => {
    const weft = await aFleet();
    await must(weft, 'PATCH', path, { bar: 'baz' });
    expect(await must(weft, 'GET', `/hypervisors/${ID}`)).not.toHaveProperty('config');
  });

  it('is changed as a whole or not at all', async () => {
    const weft = await aFleet();
    await must(weft, 'PATCH', path, { bar: 'baz' });
    const before = await written(weft);
    const wrong: [Record<string, unknown>, string][] = [
      [{ good: 'x', '': 'b' }, '/'],
      [{ good: 'x', bad: 5 }, '/bad'],
      [{ good: 'x', bar: null }, '/bar'],
      [{ good: 'x', bad: {} }, '/bad'],
      [{ good: 'x', 'a/b~c': true }, '/a~1b~0c'],
      ...['0', '0.5', '65', 'many', '-1', '1e1', ' 4', 'NaN'].map((value): [Record<string, unknown>, string] => [
        { good: 'x', cpu_overcommit: value },
        '/cpu_overcommit',
      ]),
      ...['-1', '1.5', 'much', '1e3', ' 1'].map((value): [Record<string, unknown>, string] => [
        { good: 'x', memory_reserve: value },
        '/memory_reserve',
      ]),
      [{ good: 'x', cin_forwarding: 'yes' }, '/cin_forwarding'],
    ];
    for (const [body, place] of wrong) {
      const answer = await weft.request('PATCH', path, body);
      expect([body, answer.status, placeOf(answer.body)]).toEqual([body, 400, place]);
    }
    expect(await written(weft)).toEqual(before);
    for (const known of [
      { cpu_overcommit: '1' },
      { cpu_overcommit: '1.5', memory_reserve: '0' },
      { cpu_overcommit: '64' },
      { cin_forwarding: 'nat' },
    ])
      expect(await must(weft, 'PATCH', path, known)).toMatchObject(known);
  });
});
