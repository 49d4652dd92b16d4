import { expect, it } from 'vitest';
import type { OvsError } from './errors.ts';
import { checkResults, type Operation } from './transaction.ts';

const operations: readonly Operation[] = [
  { op: 'assert', lock: 'weft_1' },
  { op: 'update', table: 'Port', where: [], row: { tag: 5_000 } },
  { op: 'wait', timeout: 0, table: 'Bridge', where: [], columns: [], until: '==', rows: [] },
];

/** The error for results as ovsdb-server 3.1 sends them. */
function errorFor(...results: readonly unknown[]): OvsError | null {
  try {
    checkResults(results, operations, 'attach port p1');
    return null;
  } catch (error) {
    return error as OvsError;
  }
}

it('results without an error are none', () => {
  expect(errorFor({}, { count: 1 }, {})).toBeNull();
});

it.each([
  [
    [{ error: 'not owner', details: 'Asserted lock weft_1 not held.' }, null, null],
    'expired',
    'attach port p1: the lock weft_1 is not, or no longer, held (Open vSwitch says: not owner: Asserted lock weft_1 not held.)',
  ],
  [
    [{}, { error: 'constraint violation', details: '5000 is not in the valid range 0 to 4095' }, null],
    'refused',
    'attach port p1: operation 1 (update on Port) was refused (Open vSwitch says: constraint violation: 5000 is not in the valid range 0 to 4095)',
  ],
  [
    [{}, {}, { error: 'timed out' }],
    'busy',
    'attach port p1: operation 2 (wait on Bridge) was refused (Open vSwitch says: timed out)',
  ],
  [
    [{}, {}, {}, { error: 'I/O error', details: 'No space left on device' }],
    'refused',
    'attach port p1: the transaction was refused (Open vSwitch says: I/O error: No space left on device)',
  ],
])('an operation that is refused is named: %j', (results, code, message) => {
  expect(errorFor(...results)).toMatchObject({ code, message });
});

it('a name that somebody else has taken meanwhile exists', () => {
  const details =
    'Transaction causes multiple rows in "Port" table to have identical values ("p1") for index on "name".';
  expect(errorFor({}, {}, {}, { error: 'constraint violation', details })).toMatchObject({ code: 'exists' });
});

it('keeps the words of Open vSwitch apart', () => {
  const error = errorFor({}, { error: 'permission error', details: 'no' });
  expect(error).toMatchObject({ code: 'denied', ovsError: 'permission error', ovsDetails: 'no', transient: false });
});
