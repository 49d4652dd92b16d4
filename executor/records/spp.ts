import { processSubject, REPLAY, type SppRequest } from '../../schema/api/spp/commands.ts';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import type { Change, Touched } from '../resources/resource.ts';
import type { ReplayDesired, SetItem, SppDesired, SppObserved } from '../resources/spp/desired.ts';
import type { AtRest, ClaimedOperation, Records } from './records.ts';
import { keepItems, refuseItems, selectSetItems } from './spp-items.ts';
import { noteGone, noteProcess } from './spp-processes.ts';

/** How an event names a process. */
const EVENT_PREFIX = 'spp/';

export function eventOf(process: number): string {
  return `${EVENT_PREFIX}${process}`;
}

/**
 * The rows of SPP processes and of what was set on them. What is wanted of a process is what it took: a command that
 * it refuses was never wanted, and one that it took is written down with the operation's end. `replay`: whether it is
 * set again when the process comes back without it.
 */
export function sppRecords(database: Database, hypervisor: string, replay: boolean): Records<SppDesired, SppObserved> {
  return {
    async load(operations) {
      const replayed = operations.filter(({ kind }) => kind === REPLAY).map(({ resource }) => processOf(resource));
      const items = replayed.length === 0 ? [] : await readItems(replayed);
      return new Map(
        operations.map((operation): [number, Change<SppDesired>] => {
          const process = processOf(operation.resource);
          const after = operation.kind === REPLAY ? { process, items: itemsOf(items, process) } : commandOf(operation);
          return [
            operation.sequence,
            {
              before: { process, items: [] },
              after,
              total: 1,
              onFailure: operation.kind === REPLAY ? 'repair' : 'undo',
            },
          ];
        }),
      );
    },

    settle({ sequence, resource }, { after }, { status }, observed) {
      const process = processOf(resource);
      const seen = observed?.processes.get(process);
      if (status !== 'succeeded') return 'command' in after ? keepItems(hypervisor, sequence, after, false) : [];
      return [
        ...('command' in after
          ? keepItems(hypervisor, sequence, after, true)
          : refuseItems(hypervisor, process, observed?.tried ?? new Map())),
        seen ? noteProcess(hypervisor, seen) : noteGone(hypervisor, process),
      ];
    },

    loadResting,

    findOrphans: async () => [],

    repairKind: () => REPLAY,

    sweepKind: 'spp.sweep',
  };

  async function loadResting(touched: Touched): Promise<AtRest<SppDesired>> {
    const processes = touched === 'all' ? null : touched.flatMap(processOfEvent);
    if (!replay || processes?.length === 0) return { resting: [], busy: [] };
    const items = await readItems(processes);
    const wanted = [...new Set(items.map(({ process }) => process))];
    const changing = await findChanging(wanted);
    return {
      resting: wanted
        .filter((process) => !changing.has(process))
        .map((process) => {
          const subject = processSubject(hypervisor, process);
          const desired: ReplayDesired = { process, items: itemsOf(items, process) };
          return { subject, generation: 0, subjects: [subject], desired };
        }),
      busy: processes === null ? [] : [...changing].map(eventOf),
    };
  }

  async function readItems(processes: readonly number[] | null): Promise<Item[]> {
    const [rows] = await database.read([selectSetItems(hypervisor, processes)]);
    return rows.map(({ process, type, spec }) => ({ process, type, command: JSON.parse(spec) }));
  }

  async function findChanging(processes: readonly number[]): Promise<ReadonlySet<number>> {
    if (processes.length === 0) return new Set();
    const [rows] = await database.read([selectChanging(hypervisor, processes)]);
    return new Set(rows.map(({ process }) => process));
  }
}

interface Item extends SetItem {
  readonly process: number;
}

function itemsOf(items: readonly Item[], process: number): SetItem[] {
  return items.filter((item) => item.process === process);
}

function commandOf({ request, attempt }: ClaimedOperation): SppDesired {
  const { process, type, command }: SppRequest = JSON.parse(request);
  return { process, type, command, attempt };
}

function processOf(resource: string): number {
  const name = resource.slice(resource.lastIndexOf('/') + 1);
  return name === 'primary' ? 0 : Number(name);
}

function processOfEvent(touched: string): number[] {
  return touched.startsWith(EVENT_PREFIX) ? [Number(touched.slice(EVENT_PREFIX.length))] : [];
}

function selectChanging(hypervisor: string, processes: readonly number[]): Statement<{ process: number }> {
  return statement<{ process: number }>(
    `SELECT DISTINCT j.value ->> 'process' AS process FROM json_each(:subjects) j
     CROSS JOIN operation_subjects s ON s.subject = j.value ->> 'subject'`,
    {
      subjects: JSON.stringify(processes.map((process) => ({ process, subject: processSubject(hypervisor, process) }))),
    },
  );
}
