import { expect, it, vi } from 'vitest';
import type { Seen } from '../../schema/store/machine.ts';
import { SequenceNote } from './sequence-note.ts';

it('records the last operation, permanently at the end, and logs a failure once', () => {
  vi.useFakeTimers();
  const written: [how: string, sequence: number][] = [];
  const warnings: string[] = [];
  let last = 0;
  let fails = true;
  const take = (how: string) => (seen: Seen) => {
    if (fails) throw new Error('disk full');
    written.push([how, seen.sequence]);
  };
  const note = new SequenceNote({
    file: { write: take('for good'), writeUntilReboot: take('until reboot') },
    registration: { restoreGeneration: 1, epoch: 1, hypervisor: 'one', sequence: 5 },
    lastSequence: () => last,
    intervalMs: 10,
    log: { warn: (text: string) => warnings.push(text) },
  });
  vi.advanceTimersByTime(20);
  last = 7;
  vi.advanceTimersByTime(20);
  expect(warnings).toEqual(['disk full']);
  fails = false;
  vi.advanceTimersByTime(20);
  last = 9;
  note.stop();
  note.finish();
  vi.advanceTimersByTime(20);
  vi.useRealTimers();
  expect(written).toEqual([
    ['until reboot', 7],
    ['for good', 9],
  ]);
});
