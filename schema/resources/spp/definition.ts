import {
  operationKinds,
  processOfSubject,
  processSubject,
  REPLAY,
  type SettingCommand,
  type SppRequest,
} from '../../api/spp/commands.ts';
import { type Statement, statement } from '../../database/database.ts';
import { type OperationDefinition, purgeTables, query, type ResourceDefinition } from '../definition.ts';
import { type ItemRow, keepItems, refuseItems, selectSetItems } from './items.ts';
import { noteSighting, type Sighting } from './processes.ts';

const UNDO: OperationDefinition = { onFailure: 'undo' };

/** The name of a process in events. */
const EVENT_PREFIX = 'spp/';

export function eventOf(process: number): string {
  return `${EVENT_PREFIX}${process}`;
}

/** The commands that are set on a process. */
export interface SppRows {
  readonly process: number;
  readonly items: readonly ItemRow[];
}

export interface SppEnd {
  /** The process as it was when the operation ended. */
  readonly sighting: Sighting;
  /** The commands that were replayed; null: its effect exists, else why it does not. */
  readonly tried: readonly (readonly [SettingCommand, string | null])[];
}

/**
 * Soft Patch Panel processes, and the commands that were set on them. The desired state of a process consists of the
 * commands that it accepted: one that it refuses never becomes desired, and one that it accepted is recorded with the
 * operation's end.
 */
export const sppDefinition: ResourceDefinition<SppRows, SppRows, SppEnd> = {
  name: 'spp',
  technology: 'spp',
  operations: {
    ...Object.fromEntries(Object.values(operationKinds).map((kind) => [kind, UNDO])),
    [REPLAY]: { onFailure: 'repair' },
  },
  repair: () => REPLAY,

  load(hypervisor, operations) {
    const replayed = operations.filter(({ kind }) => kind === REPLAY).map(({ resource }) => processOfSubject(resource));
    const statements: readonly Statement<ItemRow>[] =
      replayed.length === 0 ? [] : [selectSetItems(hypervisor, replayed)];
    return query(
      statements,
      ([items = []]) =>
        ({ resource }) =>
          rowsOf(items, processOfSubject(resource)),
    );
  },

  loadIdle(hypervisor, changed) {
    const processes = changed === 'all' ? null : changed.flatMap(processOfEvent);
    if (processes?.length === 0) return null;
    const statements: readonly [Statement<ItemRow>, Statement<{ subject: string }>] = [
      selectSetItems(hypervisor, processes),
      selectChanging(hypervisor),
    ];
    return query(statements, ([items, busy]) => {
      const changing = new Set(busy.map(({ subject }) => processOfSubject(subject)));
      const wanted = [...new Set(items.map(({ process }) => process))];
      return {
        idle: wanted
          .filter((process) => !changing.has(process))
          .map((process) => {
            const subject = processSubject(hypervisor, process);
            const rows = rowsOf(items, process);
            return { subject, generation: 0, subjects: [subject], eventNames: [eventOf(process)], rows };
          }),
        busy: processes === null ? [] : processes.filter((process) => changing.has(process)).map(eventOf),
        next: null,
      };
    });
  },

  finish({ hypervisor, operation: { kind, sequence, request, resource }, ending, end: { sighting, tried } }) {
    const succeeded = ending.status === 'succeeded';
    const items =
      kind === REPLAY
        ? refuseItems(hypervisor, processOfSubject(resource), succeeded ? tried : [])
        : keepItems(hypervisor, sequence, requestOf(request), succeeded);
    return succeeded ? [...items, noteSighting(hypervisor, sighting)] : items;
  },

  purge: purgeTables('spp_items', 'spp_processes'),
  contents: [{ table: 'spp_items', words: ['setting of SPP processes', 'settings of SPP processes'] }],
};

function requestOf(request: string): SppRequest {
  return JSON.parse(request);
}

function rowsOf(items: readonly ItemRow[], process: number): SppRows {
  return { process, items: items.filter((item) => item.process === process) };
}

function processOfEvent(changed: string): number[] {
  return changed.startsWith(EVENT_PREFIX) ? [Number(changed.slice(EVENT_PREFIX.length))] : [];
}

/** Processes that an unfinished operation changes. */
function selectChanging(hypervisor: string): Statement<{ subject: string }> {
  const subjects = processSubject(hypervisor, 0).replace(/[^/]*$/, '');
  return statement<{ subject: string }>(
    'SELECT DISTINCT subject FROM operation_subjects WHERE subject >= :subjects AND subject < :end',
    // '0' follows '/' in ASCII.
    { subjects, end: `${subjects.slice(0, -1)}0` },
  );
}
