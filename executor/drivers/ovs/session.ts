import type { Connection } from '../reopening.ts';
import { Cache, MONITORED, type OvsChange } from './cache.ts';
import { JsonRpcConnection } from './connection.ts';
import { refusal } from './errors.ts';
import { DATABASE, type Operation, transact } from './transaction.ts';

export interface SessionOptions {
  readonly socket: string;
  readonly deadlineMs: number;
  readonly probeMs: number;
  readonly lock: string;
  /**
   * `steal` takes the lock from whoever holds it, `lock` queues for it; null: another driver has taken it, and nothing is
   * changed in this session.
   */
  readonly lockBy: 'steal' | 'lock' | null;
  readonly changed: (change: OvsChange) => void;
  /** Called when another process has taken the lock, and when it is there again. */
  readonly lockMoved: (held: boolean) => void;
}

interface Waiting {
  readonly condition: () => boolean;
  readonly resolve: () => void;
  readonly fail: (detail: string) => void;
}

const OPEN = 'open the database of Open vSwitch';

/** One connection to ovsdb-server with what it has told: a cache that is complete from the beginning, and the lock. */
export class Session implements Connection {
  readonly cache = new Cache();
  readonly #options: SessionOptions;
  readonly #waiting = new Set<Waiting>();
  #connection!: JsonRpcConnection;
  #holdsLock = false;
  /** Updates that came before the first rows were read; null afterwards. */
  #early: unknown[] | null = [];
  /** Whether the lock was moved before the answer to the call for it was read. */
  #lockMoved = false;

  private constructor(options: SessionOptions) {
    this.#options = options;
  }

  /** @throws OvsError */
  static async open(options: SessionOptions): Promise<Session> {
    const session = new Session(options);
    const { socket, deadlineMs, probeMs } = options;
    const notified = (method: string, params: readonly unknown[]) => session.#notified(method, params);
    session.#connection = await JsonRpcConnection.open({ socket, deadlineMs, probeMs, notified });
    void session.ended.then((reason) => session.#failWaiting(reason));
    try {
      await session.#fill();
    } catch (error) {
      await session.close();
      throw error;
    }
    return session;
  }

  get ended(): Promise<string | null> {
    return this.#connection.ended;
  }

  get holdsLock(): boolean {
    return this.#holdsLock;
  }

  /** @throws OvsError, see {@link transact} */
  async transact(operations: readonly Operation[], action: string): Promise<readonly unknown[]> {
    return await transact(this.#connection, operations, action);
  }

  /**
   * Waits until the database is as a condition says, which is evaluated after each change.
   *
   * @throws OvsError `away` if that takes longer than `longestMs`, with `late` as its detail, or if the connection ends
   */
  async until(condition: () => boolean, longestMs: number, action: string, late: string): Promise<void> {
    if (condition()) return;
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const fail = (detail: string) => reject(refusal('away', action, detail));
    const waiting = { condition, resolve, fail };
    this.#waiting.add(waiting);
    const timer = setTimeout(() => fail(late), longestMs);
    try {
      await promise;
    } finally {
      clearTimeout(timer);
      this.#waiting.delete(waiting);
    }
  }

  /** Waits until the cache has everything that was committed before this call. @throws OvsError `away` */
  async synchronize(action: string): Promise<void> {
    await this.#connection.call('echo', [], action);
  }

  /** The schema's version. @throws OvsError */
  async schemaVersion(action: string): Promise<string> {
    const schema = await this.#connection.call('get_schema', [DATABASE], action);
    const version = typeof schema === 'object' && schema !== null && 'version' in schema ? schema.version : null;
    return typeof version === 'string' ? version : 'unknown';
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  async #fill(): Promise<void> {
    const filling = this.#connection.call('monitor', [DATABASE, null, MONITORED], OPEN);
    const { lock: name, lockBy } = this.#options;
    const locking = lockBy === null ? null : this.#connection.call(lockBy, [name], OPEN);
    const [rows, lock] = await Promise.all([filling, locking]);
    this.cache.apply(rows);
    for (const update of this.#early ?? []) this.cache.apply(update);
    this.#early = null;
    if (!this.#lockMoved) this.#holdsLock = isLocked(lock);
    if (this.cache.root === undefined) throw refusal('away', OPEN, 'the database is not initialised yet');
  }

  #notified(method: string, params: readonly unknown[]): void {
    if (method === 'update') this.#update(params[1]);
    else if ((method === 'locked' || method === 'stolen') && params[0] === this.#options.lock) {
      this.#lockMoved = true;
      this.#holdsLock = method === 'locked';
      this.#options.lockMoved(this.#holdsLock);
    }
  }

  #update(rows: unknown): void {
    if (this.#early !== null) {
      this.#early.push(rows);
      return;
    }
    const change = this.cache.apply(rows);
    for (const { condition, resolve } of this.#waiting) if (condition()) resolve();
    this.#options.changed(change);
  }

  #failWaiting(reason: string | null): void {
    for (const { fail } of this.#waiting) fail(reason ?? 'the connection was closed');
  }
}

function isLocked(answer: unknown): boolean {
  return typeof answer === 'object' && answer !== null && 'locked' in answer && answer.locked === true;
}
