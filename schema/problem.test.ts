import { describe, expect, test } from 'vitest';
import { Problem } from './problem.ts';

const errors = (count: number) =>
  Array.from({ length: count }, (_, place) => ({ pointer: `/${place}`, detail: 'is wrong' }));

describe('a problem with very many errors', () => {
  test('lists the first hundred, and says how many more there are', () => {
    const listed = new Problem('invalid', '/0 is wrong', { errors: errors(5_000) }).toJSON().errors;
    expect(listed).toHaveLength(101);
    expect(listed?.at(0)).toEqual({ pointer: '/0', detail: 'is wrong' });
    expect(listed?.at(99)).toEqual({ pointer: '/99', detail: 'is wrong' });
    expect(listed?.at(100)).toEqual({ detail: 'and 4900 more' });
  });

  test('lists them all where that is not longer', () => {
    expect(new Problem('invalid', '/0 is wrong', { errors: errors(101) }).errors).toEqual(errors(101));
  });

  test('has the same list when it is read back', () => {
    const problem = new Problem('invalid', '/0 is wrong', { errors: errors(5_000) });
    expect(Problem.from(problem.toJSON()).errors).toEqual(problem.errors);
  });
});
