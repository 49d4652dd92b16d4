import { describe, expect, it } from 'vitest';
import { readComponentName, readProcessId, unknownProcess } from './parameters.ts';

describe('the id of a process in a path', () => {
  it.each<[string, number | null, string]>([
    ['1', 1, '1'],
    ['01', 1, '1'],
    ['0099', 99, '99'],
    ['99', 99, '99'],
    ['0', null, '0'],
    ['000', null, '0'],
    ['-0', null, '0'],
    ['-1', null, '-1'],
    ['-01', null, '-1'],
    ['99999999999999999999', null, '99999999999999999999'],
    ['9'.repeat(5000), null, `${'9'.repeat(100)}...`],
  ])('%s', (text, id, shown) => {
    const parameter = readProcessId(text, `/${text}`);
    expect(parameter).toEqual({ id, shown });
    expect(unknownProcess(parameter)).toMatchObject({ status: 404, message: `sec_id ${shown} not found.` });
  });

  it.each(['abc', '1.5', 'x', '', ' 1', '1 ', '1\n', '+1', '--1', '-', '0x1', '1e2', '1_0', 'NaN', '\u0661'])(
    '%j is of an unknown URL',
    (text) => {
      expect(() => readProcessId(text, '/abc')).toThrow(
        expect.objectContaining({ status: 404, message: "Not found: '/abc'" }),
      );
    },
  );
});

describe('the name of a component in a path', () => {
  it.each(['fwd1', 'nosuch', 'a/b', 'n'.repeat(31)])('%s', (name) => {
    expect(readComponentName(name)).toBe(name);
  });

  it.each(['a b', 'x\nstatus', 'a;b', '', 'あ', 'n'.repeat(32), '\0'])('is not %j', (name) => {
    expect(() => readComponentName(name)).toThrow(
      expect.objectContaining({
        status: 400,
        message: `invalid key(name): ${name}.`,
        errors: [expect.objectContaining({ parameter: 'name' })],
      }),
    );
  });
});
