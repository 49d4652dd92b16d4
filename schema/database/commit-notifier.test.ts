import { expect, it } from 'vitest';
import { notificationOf } from './commit-notifier.ts';
import type { OperationEnd } from './database.ts';

it('commits concern the audiences of their batches, everyone if one of them does, or executors alone', () => {
  const ended: OperationEnd = { status: 'succeeded', error: null, result: null };
  const one = new Map([['a', ended]]);
  const two = new Map([
    ['b', null],
    ['c', ended],
  ]);
  expect(notificationOf([one, 'executors', two])).toEqual(new Map<string, OperationEnd | null>([...one, ...two]));
  expect(notificationOf([one, 'all'])).toBeNull();
  expect(notificationOf(['executors'])).toEqual(new Map());
});
