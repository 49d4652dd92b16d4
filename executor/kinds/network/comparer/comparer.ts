import { Reopening } from '../../../drivers/reopening.ts';
import type { Compare } from '../../../loop/reconcile/differences.ts';
import { TechnologyAway } from '../../health.ts';
import { ComparerThread } from './comparer-thread.ts';
import type { ComparerOptions } from './protocol.ts';

/** Compares the host with the rows of networks and containers without blocking the event loop. */
export interface Comparer {
  /** @throws the DatabaseError or NetnsError of the comparison; TechnologyAway while its thread is away */
  readonly compare: Compare;
  close(): Promise<void>;
}

interface ComparerSettings {
  readonly log: (level: 'warn' | 'info', text: string) => void;
  /** Milliseconds after which an unanswered comparison ends the thread. */
  readonly deadlineMs?: number;
  /** The module that runs in the thread. */
  readonly program?: URL;
}

/** Thousands of containers take a few seconds on a busy machine. */
const DEADLINE_MS = 60_000;

/** Starts the thread without waiting for it. */
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
