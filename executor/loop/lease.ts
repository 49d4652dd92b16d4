import { type Database, now, statement } from '../../schema/database/database.ts';
import { Problem } from '../../schema/problem.ts';
import { fence, type Registration } from './registration.ts';

/** How long a claim holds without a renewal. */
export const LEASE_MS = 15_000;

const LEASE_NS = BigInt(LEASE_MS) * 1_000_000n;

/** How often claims are renewed. */
export const RENEW_MS = 5_000;

const renewOperations = `
  UPDATE operations SET lease_until_ms = ${now} + ${LEASE_MS}
  WHERE hypervisor = :hypervisor AND epoch = :epoch AND status = 'running' AND resource IS NOT NULL`;

/** Claims of an epoch before ours that nobody renews: their executor is gone. */
const reclaim = `
  UPDATE operations SET status = 'pending', epoch = NULL, lease_until_ms = NULL
  WHERE hypervisor = :hypervisor AND status = 'running' AND epoch < :epoch AND lease_until_ms < ${now} AND resource IS NOT NULL`;

/**
 * The lease on everything that this epoch runs. A process that was paused cannot know the database's time: it trusts
 * its own monotonic clock, and stops touching the host when the last renewal is older than the lease.
 */
export class Lease {
  readonly #database: Database;
  readonly #registration: Registration;
  /** Nothing may be touched before the first renewal. */
  #expires = 0n;

  constructor(database: Database, registration: Registration) {
    this.#database = database;
    this.#registration = registration;
  }

  /** Throws a DatabaseError with reason `fenced` when a newer start has taken over. */
  async renew(): Promise<void> {
    const asked = process.hrtime.bigint();
    const args = { hypervisor: this.#registration.hypervisor, epoch: this.#registration.epoch };
    await this.#database.write([fence(this.#registration), statement(renewOperations, args), statement(reclaim, args)]);
    this.#expires = asked + LEASE_NS;
  }

  isHeld(): boolean {
    return process.hrtime.bigint() < this.expires;
  }

  /** When it runs out, in nanoseconds of this machine's monotonic clock (clock_gettime(2)), the same in every thread. */
  get expires(): bigint {
    return this.#expires;
  }

  /** Asked before each step on the host. Throws {@link LeaseLost}. */
  check(): void {
    if (!this.isHeld()) throw new LeaseLost();
  }
}

/** This process may not touch the host any more until it has renewed its lease; its work is somebody else's by now. */
export class LeaseLost extends Problem {
  constructor() {
    super('unavailable', 'The lease ran out: the database did not answer in time');
  }
}
