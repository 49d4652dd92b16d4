import { now, statement } from '../database/database.ts';
import { READ_LOG } from '../statements/unlogged.ts';
import { type ClaimedOperation, query, type ResourceDefinition } from './definition.ts';

/** Runs a command in a container. */
export const EXECUTE = 'container.exec';

/** Nobody waits so long for the answer. */
const ABANDONED_AFTER_MS = 120_000;

export interface CallRows {
  /** Id of the container; null: it was removed since the request. */
  readonly container: string | null;
}

interface ContainerRow {
  readonly id: string;
  readonly name: string;
}

const selectContainers = `
  SELECT c.id, c.name FROM json_each(:names) j CROSS JOIN containers c
  WHERE c.hypervisor = :hypervisor AND c.name = j.value AND c.desired = 'present'`;

/** Whoever asks for a log deletes the operation with its answer; these are earlier ones of clients that ended before. */
const deleteAbandoned = `
  DELETE FROM operations
  WHERE resource = :resource AND sequence < :sequence AND kind = '${READ_LOG}' AND finished_ms < ${now} - ${ABANDONED_AFTER_MS}`;

/** The container that a call names. */
export function containerOf({ request }: Pick<ClaimedOperation, 'request'>): string {
  const { contID }: { contID: string } = JSON.parse(request);
  return contID;
}

/**
 * Questions that only the host of a container can answer. They change no row and have no subjects: they wait for no other
 * operation, and none waits for them.
 */
export const callsDefinition: ResourceDefinition<CallRows, never, null> = {
  name: 'calls',
  technology: 'containers',
  operations: { [EXECUTE]: { onFailure: 'repair' }, [READ_LOG]: { onFailure: 'repair' } },
  repair: () => EXECUTE,

  load(hypervisor, operations) {
    const names = JSON.stringify([...new Set(operations.map(containerOf))]);
    return query([statement<ContainerRow>(selectContainers, { hypervisor, names })], ([containers]) => {
      const ids = new Map(containers.map(({ id, name }) => [name, id]));
      return (operation) => ({ container: ids.get(containerOf(operation)) ?? null });
    });
  },

  finish: ({ operation: { kind, resource, sequence } }) =>
    kind === READ_LOG ? [statement(deleteAbandoned, { resource, sequence })] : [],
};
