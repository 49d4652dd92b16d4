import { expect, it } from 'vitest';
import { Bell } from '../../schema/database/bell.ts';
import { type Ended, statement } from '../../schema/database/database.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import type { AcceptedOperation } from './operation.ts';
import { waitForOperation } from './wait.ts';

const accepted: AcceptedOperation = {
  id: 'a',
  status: 'pending',
  silent_ms: 0,
  error: null,
  result: '{"was":1}',
  hypervisor: null,
  resource: null,
};

/** An operation that is waited for, with a bell in the test's hand. */
async function waiting() {
  const database = await temporaryDatabase();
  await database.write([insert], { wakes: 'nobody' });
  const bell = new Bell();
  let reads = 0;
  const answer = waitForOperation(
    {
      ...database,
      subscribe: (listener) => bell.subscribe(listener),
      read: (statements) => {
        reads += 1;
        return database.read(statements);
      },
    },
    accepted,
    30,
    1,
  );
  return { answer, bell, reads: () => reads };
}

const insert = statement(
  `INSERT INTO operations (id, kind, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms, result)
   VALUES ('a', 'test', '{}', 0, 'succeeded', 0, 0, 0, 0, 1, 'test', 0, '2')`,
);

it('what a commit tells of an end is not read again', async () => {
  const { answer, bell, reads } = await waiting();
  bell.ring(new Map<string, Ended>([['a', { status: 'failed', error: '{}', result: null }]]));
  expect(await answer).toEqual({ ...accepted, status: 'failed', error: '{}' });
  expect(reads()).toBe(0);
});

it('what a commit only names is read, and what is about others is not', async () => {
  const { answer, bell, reads } = await waiting();
  bell.ring(new Map([['b', null]]));
  expect(reads()).toBe(0);
  bell.ring(new Map([['a', null]]));
  expect(await answer).toMatchObject({ status: 'succeeded', result: '2' });
  expect(reads()).toBe(1);
});
