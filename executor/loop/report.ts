import { setTimeout } from 'node:timers/promises';
import { DatabaseError } from '../../schema/database/database.ts';
import type { ClaimedOperation } from '../../schema/resources/definition.ts';
import { NOT_RUNNING } from '../../schema/store/attempts.ts';
import type { PollRequest } from '../../schema/store/claim.ts';
import type { Outcome, Report } from '../../schema/store/report.ts';
import type { WorkStore } from '../../schema/store/store.ts';
import { Batcher } from '../kinds/batcher.ts';
import { isDatabaseAway, isFenced } from './failure.ts';
import { growingPause, type LoopTimes } from './times.ts';

/** `void`: it was written before, or the operation no longer belongs to this attempt. */
export type Reported = { readonly status: 'written'; readonly claimable: boolean } | { readonly status: 'void' };

const VOID: Reported = { status: 'void' };

export interface ReporterOptions {
  readonly store: Pick<WorkStore, 'report'>;
  readonly times: LoopTimes;
  /** The poll that the batch contains: whether operations were unblocked. */
  readonly poll: () => PollRequest;
  /** Called with each failure after which the report is repeated. */
  readonly onError: (error: unknown) => void;
  /** If true, a report is not repeated when the database is away. */
  readonly isClosing: () => boolean;
}

/**
 * Writes the ends of operations; reports that arrive while a batch is in flight form the next one. A batch is repeated
 * until it is written or fenced; one that the database rejects is split, so that only the rejected report fails.
 */
export class Reporter {
  readonly #options: ReporterOptions;
  readonly #reports: Batcher<Report, ReadonlyMap<Report, Reported | DatabaseError>>;

  constructor(options: ReporterOptions) {
    this.#options = options;
    this.#reports = new Batcher((reports) => this.#writeAll(reports));
  }

  /** Returns when the report has been written. Throws the {@link DatabaseError} that rejects it, including `fenced`. */
  async report(operation: ClaimedOperation, outcome: Outcome): Promise<Reported> {
    const own = { operation, outcome };
    const reported = (await this.#reports.call(own)).get(own) ?? VOID;
    if (reported instanceof DatabaseError) throw reported;
    return reported;
  }

  async #writeAll(reports: readonly Report[]): Promise<ReadonlyMap<Report, Reported | DatabaseError>> {
    const same = (each: Reported | DatabaseError) => new Map(reports.map((report) => [report, each]));
    try {
      return same({ status: 'written', claimable: await this.#repeat(reports) });
    } catch (error) {
      if (!(error instanceof DatabaseError)) throw error;
      const { reason } = error;
      if (isFenced(error) || isDatabaseAway(error)) return same(error);
      if (reports.length === 1) return same(reason === NOT_RUNNING ? VOID : error);
      const results = new Map<Report, Reported | DatabaseError>();
      for (const half of halves(reports)) {
        for (const [report, result] of await this.#writeAll(half)) results.set(report, result);
      }
      return results;
    }
  }

  /** Returns whether something may be claimed now. */
  async #repeat(reports: readonly Report[]): Promise<boolean> {
    const { store, times, poll, onError, isClosing } = this.#options;
    for (let failures = 1; ; failures += 1) {
      try {
        return await store.report(reports, poll());
      } catch (error) {
        if (!isDatabaseAway(error) || isClosing()) throw error;
        onError(error);
        await setTimeout(growingPause(failures, times.databaseFirst, times.databaseLongest));
      }
    }
  }
}

function halves<Item>(items: readonly Item[]): readonly (readonly Item[])[] {
  const middle = Math.ceil(items.length / 2);
  return [items.slice(0, middle), items.slice(middle)];
}
