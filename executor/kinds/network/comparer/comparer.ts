import { Reopening } from '../../../drivers/reopening.ts';
import type { Compare } from '../../../loop/reconcile/differences.ts';
import { TechnologyAway } from '../../health.ts';
import { ComparerThread } from './comparer-thread.ts';
import type { ComparerOptions } from './protocol.ts';

/** Compares the host with the rows of networks and containers, and holds no event loop. */
export interface Comparer {
  /** @throws DatabaseError and NetnsError as the comparison met them; TechnologyAway while its thread is away */
  readonly compare: Compare;
  close(): Promise<void>;
}

interface ComparerSettings {
  readonly log: (level: 'warn' | 'info', text: string) => void;
  /** Milliseconds after which a comparison that was not answered ends the thread. */
  readonly deadlineMs?: number;
  /** What runs in the thread. */
  readonly program?: URL;
}

/** Of thousands of containers it takes a few seconds on a busy machine. */
const DEADLINE_MS = 60_000;

/** Starts the thread and does not wait for it. */
export async function openComparer(
  options: ComparerOptions,
  { log, deadlineMs = DEADLINE_MS, program = new URL('./worker.ts', import.meta.url) }: ComparerSettings,
): Promise<Comparer> {
  const thread = await Reopening.open({
    name: 'the thread that compares the host with the rows',
    open: async () => new ComparerThread(program, options, deadlineMs),
    log,
  });
  return {
    async compare(changed) {
      const { current } = thread;
      if (current !== null) return current.compare(changed);
      const health = thread.health();
      throw new TechnologyAway(health.available ? 'it is there again' : health.reason);
    },
    close: () => thread.close(),
  };
}
