import { describe, expect, it } from 'vitest';
import { readHypervisorReference, unknownHypervisor } from './parameters.ts';

describe('a hypervisor in a path', () => {
  it.each([
    ['ABCD1234-abcd-1234-ABCD-1234abcd1234', 'abcd1234-abcd-1234-abcd-1234abcd1234'],
    ['Host1', 'Host1'],
    ['a_b.c-d', 'a_b.c-d'],
  ])('%s', (text, reference) => {
    expect(readHypervisorReference(text)).toBe(reference);
  });

  it.each(['', '-a', 'a/b', 'a b', 'n'.repeat(64), 'host1\n', '__proto__'])('is not %j', (text) => {
    expect(() => readHypervisorReference(text)).toThrow(
      expect.objectContaining({
        status: 400,
        message: 'invalid hypervisor id',
        errors: [{ parameter: 'id', detail: 'is neither a UUID nor the name of a hypervisor' }],
      }),
    );
  });

  it('that does not exist is a 404 for an id, a 400 for a name', () => {
    expect(unknownHypervisor('abcd1234-abcd-1234-abcd-1234abcd1234').status).toBe(404);
    expect(unknownHypervisor('host9')).toMatchObject({ status: 400, message: 'invalid hypervisor id' });
  });
});
