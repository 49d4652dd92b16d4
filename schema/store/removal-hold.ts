import type { RemovalHold } from '../api/fleet/reconcile.ts';
import { type Database, now, type Statement, statement } from '../database/database.ts';
import type { Registration } from './registration.ts';

/** Why nothing is removed at present. */
export async function readRemovalHold(database: Database, { hypervisor }: Registration): Promise<RemovalHold | null> {
  const [rows] = await database.read(
    [statement<{ held: string | null }>('SELECT held FROM hypervisors WHERE id = :hypervisor', { hypervisor })],
    { call: 'scan.held' },
  );
  const held = rows[0]?.held ?? null;
  return held === null ? null : JSON.parse(held);
}

/** Writes the removal hold, and an event when it changes. */
export function noteRemovalHold({ hypervisor }: Registration, hold: RemovalHold | null): Statement<never>[] {
  const args = { hypervisor, held: hold === null ? null : JSON.stringify(hold) };
  return [
    `INSERT INTO events (at_ms, hypervisor, type, subject, data)
     SELECT ${now}, id, CASE WHEN :held IS NULL THEN 'removal.released' ELSE 'removal.held' END, 'hypervisors/' || id,
       coalesce(:held, held)
     FROM hypervisors WHERE id = :hypervisor AND held IS NOT :held`,
    'UPDATE hypervisors SET held = :held WHERE id = :hypervisor AND held IS NOT :held',
  ].map((sql) => statement(sql, args));
}
