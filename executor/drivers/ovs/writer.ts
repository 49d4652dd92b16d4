import type { Cache } from './cache.ts';
import { OvsError, type OvsErrorCode, refusal } from './errors.ts';
import { isRow } from './guards.ts';
import type { Session } from './session.ts';
import type { Operation } from './transaction.ts';

/** Makes the operations of one transaction from what the database has; none if nothing is to be changed. */
export type Plan = (cache: Cache) => Operation[];

/** A configuration that is in the database, and the session that wrote or found it. */
export interface Committed {
  readonly session: Session;
  /** Its number: it is applied when cur_cfg has reached it. */
  readonly configuration: number;
  /** Whether this plan has made it. */
  readonly changed: boolean;
  /** Milliseconds until it has to be applied. */
  readonly longestMs: number;
}

export interface WriterOptions {
  /** @throws OvsError `away` */
  readonly session: (action: string) => Session;
  readonly lock: string;
  /** In nanoseconds of process.hrtime.bigint(); null: no limit. */
  readonly expires: BigInt64Array | null;
  /** Milliseconds that ovs-vswitchd may take to apply a configuration of a few ports. */
  readonly applyMs: number;
}

/** What each operation adds: the kernel takes 10 to 30 ms to remove a port, and ovs-vswitchd does one after another. */
const OPERATION_MS = 50;

/** How often a plan is made anew when others have changed its rows. */
const ATTEMPTS = 5;

/** After these the rows may be others than the plan was made for. */
const OVERTAKEN: ReadonlySet<OvsErrorCode> = new Set(['busy', 'exists']);

/** Commits plans, one after another, fenced by the lock and by the time of the lease. */
export class Writer {
  readonly #options: WriterOptions;
  #last: Promise<unknown> = Promise.resolve();
  #late: string | null = null;
  /** Operations that are committed and not applied: ovs-vswitchd applies them all before it says so of any. */
  #unapplied = 0;

  constructor(options: WriterOptions) {
    this.#options = options;
  }

  /** What ovs-vswitchd has failed to do in time; null after the next success. */
  get late(): string | null {
    return this.#late;
  }

  /** Ends when all plans so far are committed or refused. */
  async settled(): Promise<void> {
    await this.#last;
  }

  /**
   * Commits a plan, and waits until ovs-vswitchd has applied it.
   *
   * @throws OvsError `away` also when it is in the database and ovs-vswitchd does not apply it
   */
  async apply(plan: Plan, action: string): Promise<Cache> {
    const committed = await this.#inTurn(() => this.#commit(plan, action));
    await this.#applied(committed, action);
    return committed.session.cache;
  }

  /** The same, and a plan without operations waits for nothing: what is in the database may be unapplied. */
  async prepare(plan: Plan, action: string): Promise<void> {
    const committed = await this.#inTurn(() => this.#commit(plan, action));
    if (committed.changed) await this.#applied(committed, action);
  }

  #inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = this.#last.then(work);
    this.#last = result.catch(() => undefined);
    return result;
  }

  async #commit(plan: Plan, action: string): Promise<Committed> {
    for (let attempt = 1; ; attempt += 1) {
      const session = this.#options.session(action);
      await session.synchronize(action);
      const operations = plan(session.cache);
      const { root } = session.cache;
      if (root === undefined) throw refusal('away', action, 'the database is not initialised');
      if (operations.length === 0) return this.#committed(session, root.row.nextConfiguration, false);
      this.#requirePermission(session, action);
      try {
        const results = await session.transact(this.#fenced(operations, root.id), action);
        this.#unapplied += operations.length;
        return this.#committed(session, configurationOf(results), true);
      } catch (error) {
        const overtaken = error instanceof OvsError && OVERTAKEN.has(error.code);
        if (!overtaken || attempt === ATTEMPTS) throw error;
      }
    }
  }

  /** next_cfg says that there is something to apply; what it has become is the last result. */
  #fenced(operations: readonly Operation[], root: string): Operation[] {
    const where = isRow(root);
    return [
      { op: 'assert', lock: this.#options.lock },
      ...operations,
      { op: 'mutate', table: 'Open_vSwitch', where, mutations: [['next_cfg', '+=', 1]] },
      { op: 'select', table: 'Open_vSwitch', where, columns: ['next_cfg'] },
    ];
  }

  /** @throws OvsError `expired` */
  #requirePermission(session: Session, action: string): void {
    const { expires, lock } = this.#options;
    if (expires !== null && process.hrtime.bigint() >= Atomics.load(expires, 0)) {
      throw refusal('expired', action, 'the lease on this host expired while the call waited');
    }
    if (!session.holdsLock) throw refusal('expired', action, `another process has taken the lock ${lock}`);
  }

  #committed(session: Session, configuration: number, changed: boolean): Committed {
    const longestMs = this.#options.applyMs + OPERATION_MS * this.#unapplied;
    return { session, configuration, changed, longestMs };
  }

  async #applied({ session, configuration, longestMs }: Committed, action: string): Promise<void> {
    const late = `ovs-vswitchd has not applied the configuration within ${longestMs} ms`;
    const isApplied = () => (session.cache.root?.row.currentConfiguration ?? 0) >= configuration;
    try {
      await session.until(isApplied, longestMs, action, late);
      this.#late = null;
    } catch (error) {
      if (error instanceof OvsError && error.detail === late) this.#late = late;
      throw error;
    } finally {
      const root = session.cache.root?.row;
      if (root === undefined || root.currentConfiguration >= root.nextConfiguration) this.#unapplied = 0;
    }
  }
}

function configurationOf(results: readonly unknown[]): number {
  const last = results.findLast((result) => typeof result === 'object' && result !== null && 'rows' in result);
  const rows = typeof last === 'object' && last !== null && 'rows' in last ? last.rows : [];
  const [row] = Array.isArray(rows) ? rows : [];
  return Number(row?.next_cfg ?? 0);
}
