import { describe, expect, it } from 'vitest';
import { CommitNotifier } from '../../schema/database/commit-notifier.ts';
import { type OperationEnd, statement } from '../../schema/database/database.ts';
import { temporaryDatabase } from '../../test/support/database.ts';
import type { AcceptedOperation } from './operation.ts';
import { pauses, waitForOperation } from './wait.ts';

const accepted: AcceptedOperation = {
  id: 'a',
  status: 'pending',
  silent_ms: 0,
  error: null,
  result: '{"was":1}',
  hypervisor: null,
  resource: null,
};

/** An operation that is waited for, with a notifier that the test controls. */
async function waiting(readBudget = 1) {
  const stopping = new AbortController();
  const database = await temporaryDatabase();
  await database.write([insert], { audience: 'none' });
  const notifier = new CommitNotifier();
  let reads = 0;
  const answer = waitForOperation(
    {
      ...database,
      subscribe: (listener) => notifier.subscribe(listener),
      read: (statements) => {
        reads += 1;
        return database.read(statements);
      },
    },
    accepted,
    { seconds: 30, readBudget, stopping: stopping.signal },
  );
  return { answer, notifier, stopping, reads: () => reads };
}

const insert = statement(
  `INSERT INTO operations (id, kind, request, generation, status, not_before_ms, deadline_ms, attempt, done, total, principal, created_ms, result)
   VALUES ('a', 'test', '{}', 0, 'succeeded', 0, 0, 0, 0, 1, 'test', 0, '2')`,
);

it('an end that a commit reports in full is not read again', async () => {
  const { answer, notifier, reads } = await waiting();
  notifier.notify(new Map<string, OperationEnd>([['a', { status: 'failed', error: '{}', result: null }]]));
  expect(await answer).toEqual({ ...accepted, status: 'failed', error: '{}' });
  expect(reads()).toBe(0);
});

it('an end that a commit only names is read; commits of other operations cause no read', async () => {
  const { answer, notifier, reads } = await waiting();
  notifier.notify(new Map([['b', null]]));
  expect(reads()).toBe(0);
  notifier.notify(new Map([['a', null]]));
  expect(await answer).toMatchObject({ status: 'succeeded', result: '2' });
  expect(reads()).toBe(1);
});

it('a wait ends with the process, and returns the current operation', async () => {
  const { answer, stopping, reads } = await waiting(Number.POSITIVE_INFINITY);
  expect(reads()).toBe(0);
  stopping.abort();
  expect(await answer).toMatchObject({ id: 'a', status: 'succeeded' });
  expect(reads()).toBe(1);
});

describe('the pauses between the reads', () => {
  const sum = (pause: (turn: number) => number, count: number) =>
    Array.from({ length: count }, (_, turn) => pause(turn)).reduce((total, each) => total + each, 0);

  it.each([30, 10, 2])('of a budget of thirty last for %i seconds, and no more than a read longer', (seconds) => {
    const pause = pauses(seconds * 1000, 30);
    expect(pause(0)).toBe(25);
    expect(sum(pause, 30)).toBeGreaterThanOrEqual(seconds * 1000);
    expect(sum(pause, 29)).toBeLessThan(seconds * 1000);
  });

  it('never shrink, if the budget is more than the wait needs', () => {
    expect(sum(pauses(100, 30), 30)).toBeCloseTo(30 * 25, 3);
    expect(pauses(0, 30)(7)).toBeCloseTo(25, 3);
  });

  it('grow to half a second if reads are not counted', () => {
    const pause = pauses(30_000, Number.POSITIVE_INFINITY);
    expect([pause(0), pause(1), pause(20)]).toEqual([25, 37.5, 500]);
  });
});
