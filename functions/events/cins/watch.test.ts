import { expect, it, onTestFinished, vi } from 'vitest';
import { until } from '../../../test/support/until.ts';
import type { FeedEvent } from '../page.ts';
import type { CinContainer, CinState } from './state.ts';
import { type CinListener, CinWatch } from './watch.ts';

const cin = { hypervisor: 'h', name: 'cin1' };

const container = (name: string, tag: string | null = null): CinContainer => ({ id: name, name, address: name, tag });

const eventOf = (sequence: number, subject = 'hypervisors/h/cins/cin1'): FeedEvent => ({
  ...{ sequence, at_ms: 0, hypervisor: 'h', type: 'operation.succeeded', subject, data: null },
});

/** A watch whose reads are answered by the test. */
function watched(required = 0) {
  const reads: { resolve: (state: CinState) => void; reject: (error: unknown) => void }[] = [];
  const reported: unknown[] = [];
  const watch = new CinWatch(cin, required, {
    read: () => new Promise((resolve, reject) => reads.push({ resolve, reject })),
    report: (error) => reported.push(error),
  });
  return {
    watch,
    reported,
    reads: () => reads.length,
    async answer(sequence: number, ...containers: readonly CinContainer[]): Promise<void> {
      await until('the state is read', () => reads.length > 0);
      const names = { cens: new Set(['cen1']), containers: new Set(containers.map(({ name }) => name)) };
      reads.shift()?.resolve({ sequence, containers, names });
    },
    async fail(error: unknown): Promise<void> {
      await until('the state is read', () => reads.length > 0);
      reads.shift()?.reject(error);
    },
  };
}

function recorder() {
  const told: string[] = [];
  const listener: CinListener = {
    started: (containers) => told.push(`started ${containers.map(({ name }) => name).join(' ')}`.trim()),
    changed: (changes) => {
      for (const { before, after } of changes)
        told.push(`${before?.name ?? '-'}:${before?.tag ?? '-'} > ${after?.name ?? '-'}:${after?.tag ?? '-'}`);
    },
    failed: (error) => told.push(`failed ${error}`),
  };
  return { told, listener };
}

it('reads once for all that join meanwhile, and tells each change to all of them', async () => {
  const { watch, answer } = watched();
  const [left, right] = [recorder(), recorder()];
  watch.join(left.listener);
  await answer(1, container('c1'));
  await until('it has started', () => left.told.length === 1);
  watch.join(right.listener);
  watch.see(eventOf(2));
  await answer(2, container('c1', 'blue'), container('c2'));
  await until('all are told', () => left.told.length === 3 && right.told.length === 1);
  expect(left.told).toEqual(['started c1', 'c1:- > c1:blue', '-:- > c2:-']);
  expect(right.told).toEqual(['started c1 c2']);
  watch.see(eventOf(3));
  await answer(3, container('c2'));
  await until('all are told', () => right.told.length === 2);
  expect(right.told[1]).toBe('c1:blue > -:-');
  expect(left.told.slice(3)).toEqual(['c1:blue > -:-']);
});

it('reads again if an event came during a read that does not include it', async () => {
  const { watch, answer, reads } = watched();
  const { told, listener } = recorder();
  watch.join(listener);
  await until('it reads', () => reads() === 1);
  watch.see(eventOf(5, 'hypervisors/h/containers/c1'));
  await answer(4);
  await answer(5, container('c1'));
  await until('the change is told', () => told.length === 2);
  expect(told).toEqual(['started', '-:- > c1:-']);
});

it('does not read for an event that the state includes already, or that does not concern the CIN', async () => {
  const settle = withFakeTimers();
  const { watch, answer, reads } = watched();
  const { told, listener } = recorder();
  watch.join(listener);
  watch.see(eventOf(5));
  await answer(5, container('c1'));
  await settle();
  watch.see(eventOf(6, 'hypervisors/h/cens/other'));
  await settle();
  expect([told, reads()]).toEqual([['started c1'], 0]);
  watch.see(eventOf(7, 'hypervisors/h/cens/cen1'));
  await settle();
  expect(reads()).toBe(1);
});

it('reads again while a replica of the database is behind', async () => {
  const { watch, answer } = watched(7);
  const { told, listener } = recorder();
  watch.join(listener);
  await answer(3);
  await answer(7, container('c1'));
  await until('the change is told', () => told.length === 2);
  expect(told).toEqual(['started', '-:- > c1:-']);
});

it('believes a database that was restored, whose newest event is an older one', async () => {
  const settle = withFakeTimers();
  const { watch, answer, reads } = watched();
  const { told, listener } = recorder();
  watch.join(listener);
  watch.see(eventOf(100));
  await answer(100, container('c1'));
  await settle();
  watch.seeGap(40);
  await answer(40);
  await settle();
  expect([told, reads()]).toEqual([['started c1', 'c1:- > -:-'], 0]);
});

it('tells who joined that the state cannot be read; who has started is told the difference later', async () => {
  const { watch, answer, fail, reported } = watched();
  const [first, second] = [recorder(), recorder()];
  watch.join(first.listener);
  await answer(1);
  await until('it has started', () => first.told.length === 1);
  watch.see(eventOf(2));
  watch.join(second.listener);
  await fail('away');
  await until('it has failed', () => second.told.length === 1);
  await answer(2, container('c1'));
  await until('the change is told', () => first.told.length === 2);
  expect([first.told, second.told, reported]).toEqual([['started', '-:- > c1:-'], ['failed away'], ['away']]);
});

it('tells nothing to who has left', async () => {
  const { watch, answer, reads } = watched();
  const [left, gone, other] = [recorder(), recorder(), recorder()];
  watch.join(left.listener);
  watch.join(other.listener);
  await answer(1);
  await answer(1);
  await until('they have started', () => other.told.length === 1);
  watch.join(gone.listener);
  await until('it reads', () => reads() === 1);
  watch.leave(gone.listener);
  watch.leave(left.listener);
  await answer(2, container('c1'));
  await until('the other is told', () => other.told.length === 2);
  expect([left.told, gone.told, watch.size]).toEqual([['started'], [], 1]);
});

it('tells nothing to one that leaves while others are told', async () => {
  const { watch, answer } = watched();
  const [last, first] = [recorder(), recorder()];
  const leaving = {
    ...first.listener,
    changed: () => watch.leave(last.listener),
  };
  watch.join(leaving);
  await answer(1);
  await until('it has started', () => first.told.length === 1);
  watch.join(last.listener);
  await answer(1);
  await until('it has started', () => last.told.length === 1);
  watch.see(eventOf(2));
  await answer(2, container('c1'));
  await until('it has left', () => watch.size === 1);
  expect(last.told).toEqual(['started']);
});

it('tells 500 listeners in turns of the event loop: other work is not delayed for long', async () => {
  const { watch, answer, reads } = watched();
  const listeners = Array.from({ length: 500 }, recorder);
  const [first, ...others] = listeners;
  if (first === undefined) throw new Error('there are 500');
  watch.join(first.listener);
  await answer(1);
  for (const { listener } of others) watch.join(listener);
  await answer(1);
  await until('all have started', () => listeners.every(({ told }) => told.length === 1));
  watch.see(eventOf(2));
  await until('it reads', () => reads() === 1);
  const count = () => listeners.filter(({ told }) => told.length === 2).length;
  const counts = [0];
  await answer(2, container('c1'));
  while (counts.at(-1) !== 500) {
    counts.push(count());
    await new Promise((resolve) => setImmediate(resolve));
  }
  const steps = counts.slice(1).map((told, index) => told - (counts[index] ?? 0));
  expect(Math.max(...steps)).toBeLessThanOrEqual(100);
});

/** Time passes when the test lets it: the returned function lets all pauses end. */
function withFakeTimers(): () => Promise<unknown> {
  vi.useFakeTimers();
  onTestFinished(() => {
    vi.useRealTimers();
  });
  return () => vi.advanceTimersByTimeAsync(10_000);
}
