import { setTimeout } from 'node:timers/promises';
import type { DatabaseError } from '../../schema/database/database.ts';
import type { Logger } from '../../schema/process/logger.ts';
import { isDatabaseAway } from './failure.ts';
import { growingPause, type LoopTimes } from './times.ts';

/** Logs once that the database is away, and once that it is back. */
export class Outage {
  readonly #log: Logger;
  #since: number | undefined;

  constructor(log: Logger) {
    this.#log = log;
  }

  begin({ code, reason, message }: DatabaseError): void {
    if (this.#since !== undefined) return;
    this.#since = performance.now();
    this.#log.error({ code, reason }, `database unavailable, operations wait: ${message}`);
  }

  end(): void {
    if (this.#since === undefined) return;
    const seconds = Math.round((performance.now() - this.#since) / 1000);
    this.#since = undefined;
    this.#log.info(`database available again after ${seconds} s`);
  }
}

/** The result of a call that is repeated while the database is away. */
export async function untilAvailable<Answer>(
  call: () => Promise<Answer>,
  log: Logger,
  times: LoopTimes,
): Promise<Answer> {
  const outage = new Outage(log);
  for (let failures = 1; ; failures += 1) {
    try {
      const answer = await call();
      outage.end();
      return answer;
    } catch (error) {
      if (!isDatabaseAway(error)) throw error;
      outage.begin(error);
      await setTimeout(growingPause(failures, times.databaseFirst, times.databaseLongest));
    }
  }
}
