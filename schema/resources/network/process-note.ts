import { now, statement } from '../../database/database.ts';
import type { Note } from '../definition.ts';
import type { SeenProcess } from './process.ts';
import { hasEndedSince, processEvent, stateOfProcess } from './process-sql.ts';

/* What an executor sees of processes while no operation changes them. */

/** A process that was seen; `owner`: the id of its container. */
export interface SeenNote {
  readonly owner: string;
  readonly seen: SeenProcess;
}

const seen = `
  seen AS MATERIALIZED (
    SELECT c.id, c.hypervisor, c.name, j.value -> 'seen' AS process,
      ${stateOfProcess("(j.value -> 'seen')")} AS state
    FROM json_each(:seen) j CROSS JOIN containers c ON c.id = j.value ->> 'owner' AND c.hypervisor = :hypervisor
    WHERE c.process IS NOT j.value -> 'seen' AND NOT coalesce(${hasEndedSince("j.value -> 'seen'", 'c.process')}, 0)
  )`;

const tell = `
  WITH ${seen}
  INSERT INTO events (at_ms, hypervisor, type, subject, data)
  SELECT ${now}, hypervisor, ${processEvent('process')}, 'hypervisors/' || hypervisor || '/containers/' || name, process FROM seen`;

/** A container in another state, such as one whose operation has failed, keeps it. */
const isChanged = "containers.state IN ('running', 'exited', 'preparing') AND containers.state <> seen.state";

const keep = `
  WITH ${seen}
  UPDATE containers SET process = seen.process,
    state = CASE WHEN ${isChanged} THEN seen.state ELSE containers.state END,
    state_since_ms = CASE WHEN ${isChanged} THEN ${now} ELSE state_since_ms END
  FROM seen WHERE containers.id = seen.id`;

/** Starts and ends of processes. */
export const seenProcessesNote: Note<readonly SeenNote[]> = {
  call: 'processes.note',
  statements: (hypervisor, found) => {
    const args = { hypervisor, seen: JSON.stringify(found) };
    return [tell, keep].map((sql) => statement<never>(sql, args));
  },
};

/** Containers whose process was running when it was last seen. */
export const runningProcessesNote: Note<null, { readonly owner: string; readonly process: string }> = {
  call: 'processes.read',
  statements: (hypervisor) => [
    statement<{ owner: string; process: string }>(
      `SELECT id AS owner, process FROM containers
       WHERE hypervisor = :hypervisor AND process IS NOT NULL AND process ->> '$.running'`,
      { hypervisor },
    ),
  ],
};
