import { expect, it, onTestFinished, vi } from 'vitest';
import type { Pass } from '../../../schema/resources/network/statistics.ts';
import { until } from '../../../test/support/until.ts';
import type { ProcessStats } from '../../drivers/oci/stats/read.ts';
import { ProcessStatistics, type ReadProcess } from './process-statistics.ts';

const counters = { bytes: 1, packets: 2, errors: 3, dropped: 4 };
const used: ProcessStats = {
  ...{ cpuMicroseconds: 5, memoryBytes: 6, memoryLimitBytes: null, processes: 7 },
  interfaces: ['lo', 'lan'].map((name) => ({ name, received: counters, sent: { ...counters, bytes: 9 } })),
};

interface Stage {
  readonly processes?: () => Iterable<ReadProcess>;
  readonly record?: (pass: Pass) => Promise<boolean>;
  readonly options?: { readonly intervalMs?: number };
}

/** Passes without a pause, of one process by default. */
function stage({ processes, record = async () => true, options = { intervalMs: 1 } }: Stage) {
  const passes: Pass[] = [];
  const warnings: string[] = [];
  const statistics = new ProcessStatistics({
    processes: processes ?? (() => [{ owner: 'c1', pid: 1, startedMs: 1_000 }]),
    record(pass) {
      passes.push(pass);
      return record(pass);
    },
    log: { warn: (_data: unknown, text?: string) => void warnings.push(text ?? '') },
    ...options,
    read: async (all) => new Map([...all].map(({ owner }) => [owner, used])),
  });
  onTestFinished(() => statistics.close());
  return { statistics, passes, warnings };
}

it('a pass has what each process uses, without what passes through lo', async () => {
  const { passes } = stage({});
  await until('there was a pass', () => passes.length > 0);
  expect(passes[0]).toEqual({
    ageMs: expect.any(Number),
    keepMs: 3_600_000,
    readings: [
      {
        ...{ container: 'c1', started_ms: 1_000, cpu_us: 5, memory: 6, memory_limit: null, processes: 7 },
        interfaces: [['lan', 1, 2, 3, 4, 9, 2, 3, 4]],
      },
    ],
  });
});

it('there is a pass every 10 seconds, and a second after one that took longer', async () => {
  vi.useFakeTimers();
  onTestFinished(() => void vi.useRealTimers());
  const began = performance.now();
  const at: number[] = [];
  let takesMs = 0;
  const record = async () => {
    at.push(performance.now() - began);
    if (takesMs > 0) await new Promise((resolve) => setTimeout(resolve, takesMs));
    return true;
  };
  stage({ record, options: {} });
  await vi.advanceTimersByTimeAsync(30_000);
  takesMs = 12_000;
  await vi.advanceTimersByTimeAsync(20_000);
  takesMs = 4_000;
  await vi.advanceTimersByTimeAsync(28_000);
  expect(at.map(Math.round)).toEqual([10_000, 20_000, 30_000, 40_000, 53_000, 63_000, 73_000]);
});

it('while the database hangs nothing is read, and no second pass waits for it', async () => {
  const answer = Promise.withResolvers<boolean>();
  let reads = 0;
  const processes = () => {
    reads += 1;
    return [{ owner: 'c1', pid: 1, startedMs: 1_000 }];
  };
  const { passes } = stage({ processes, record: () => answer.promise });
  await until('there was a pass', () => passes.length > 0);
  const turns = Promise.withResolvers<void>();
  let turn = 0;
  const timer = setInterval(() => ++turn === 20 && turns.resolve(), 1);
  await turns.promise;
  clearInterval(timer);
  expect([passes.length, reads]).toEqual([1, 1]);
  answer.resolve(true);
  await until('there was another pass', () => passes.length > 1);
});

it('a failure is warned of once, until a pass is recorded again', async () => {
  let count = 0;
  const record = async () => {
    count += 1;
    if (count !== 3) throw new Error('away');
    return true;
  };
  const { passes, warnings } = stage({ record });
  await until('there were passes', () => passes.length >= 6);
  expect(warnings).toHaveLength(2);
});

it('a host without processes writes until nothing remains of those that it had', async () => {
  let [reads, remaining] = [0, 2];
  const processes = () => {
    reads += 1;
    return [];
  };
  const { passes } = stage({ processes, record: async () => --remaining > 0 });
  await until('it was read often', () => reads > 5);
  expect(passes).toHaveLength(2);
});

it('it ends in the middle of a pass, which is not recorded', async () => {
  const ending: Promise<void>[] = [];
  let read = 0;
  const processes = function* () {
    for (; read < 100; read += 1) {
      if (read === 2) ending.push(statistics.close());
      yield { owner: `c${read}`, pid: 1, startedMs: 1_000 };
    }
  };
  const { statistics, passes } = stage({ processes });
  await until('it was closed', () => ending.length > 0);
  await Promise.all(ending);
  expect([read, passes.length]).toEqual([2, 0]);
});
