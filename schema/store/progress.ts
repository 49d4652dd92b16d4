import { type Database, statement } from '../database/database.ts';
import { fence, type Registration } from './registration.ts';

/** The progress of a running operation. */
export interface ProgressNote {
  readonly sequence: number;
  readonly done: number;
  readonly total: number;
  readonly step: string;
}

const write = `
  WITH x AS MATERIALIZED (
    SELECT value ->> 'sequence' AS sequence, value ->> 'done' AS done, value ->> 'total' AS total, value ->> 'step' AS step
    FROM json_each(:notes))
  UPDATE operations SET done = x.done, total = x.total, step = x.step FROM x
  WHERE operations.sequence = x.sequence AND operations.status = 'running' AND operations.epoch = :epoch`;

/** Writes the progress of running operations: all of them in one statement. */
export async function recordProgress(
  database: Database,
  registration: Registration,
  notes: readonly ProgressNote[],
): Promise<void> {
  const update = statement(write, { notes: JSON.stringify(notes), epoch: registration.epoch });
  await database.write([fence(registration), update], { audience: 'none', call: 'progress' });
}
