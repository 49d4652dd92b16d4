import { Problem } from '../../schema/problem.ts';

/**
 * The time until which this process may change the host. A process that was paused cannot know the database's time: it
 * uses its own monotonic clock, and stops when its last renewal is older than the lease.
 */
export class Lease {
  readonly #lengthNs: bigint;
  /**
   * When it expires, in nanoseconds of this machine's monotonic clock (clock_gettime(2)); drivers' threads read it,
   * too.
   */
  readonly expires = new BigInt64Array(new SharedArrayBuffer(8));

  constructor(leaseMs: number) {
    this.#lengthNs = BigInt(leaseMs) * 1_000_000n;
  }

  /** The time to pass to {@link extend} after a successful renewal; read before the call. */
  now(): bigint {
    return process.hrtime.bigint();
  }

  /** Everything that is owned was renewed by a call that began at `asked`. */
  extend(asked: bigint): void {
    const end = asked + this.#lengthNs;
    if (end > Atomics.load(this.expires, 0)) Atomics.store(this.expires, 0, end);
  }

  isHeld(): boolean {
    return process.hrtime.bigint() < Atomics.load(this.expires, 0);
  }

  /** Called before each step on the host. Throws {@link LeaseLost}. */
  check(): void {
    if (!this.isHeld()) throw new LeaseLost();
  }
}

/**
 * This process must not change the host until it has renewed its lease; its operations may belong to another process by
 * now.
 */
export class LeaseLost extends Problem {
  constructor() {
    super('unavailable', 'The lease ran out: the database did not answer in time');
  }
}
