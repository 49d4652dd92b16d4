import { Reopening } from '../drivers/reopening.ts';
import { TechnologyAway } from '../loop/attempt.ts';
import type { WholeComparison } from '../loop/reconcile/differences.ts';
import { ComparerThread } from './comparer-thread.ts';
import type { ComparerOptions } from './protocol.ts';

/** Compares the whole host with all rows, and holds no event loop. */
export interface Comparer {
  /** @throws DatabaseError and NetnsError as the comparison met them; TechnologyAway while its thread is away */
  compareAll(): Promise<WholeComparison>;
  close(): Promise<void>;
}

interface ComparerSettings {
  readonly log: (level: 'warn' | 'info', text: string) => void;
  /** Milliseconds after which a comparison that was not answered ends the thread. */
  readonly deadlineMs?: number;
  /** What runs in the thread. */
  readonly program?: URL;
}

/** A whole comparison of thousands of containers takes a few seconds at most on a busy machine. */
const DEADLINE_MS = 60_000;

/** Starts the thread and does not wait for it. */
export async function openComparer(
  options: ComparerOptions,
  { log, deadlineMs = DEADLINE_MS, program = new URL('./thread.ts', import.meta.url) }: ComparerSettings,
): Promise<Comparer> {
  const thread = await Reopening.open({
    name: 'the thread that looks at the whole host',
    open: async () => new ComparerThread(program, options, deadlineMs),
    log,
  });
  return {
    async compareAll() {
      const { current } = thread;
      if (current !== null) return current.compareAll();
      const health = thread.health();
      throw new TechnologyAway(health.available ? 'it is there again' : health.reason);
    },
    close: () => thread.close(),
  };
}
