import { processSubject, REPLAY, type SppRequest } from '../../schema/api/spp/commands.ts';
import { type Database, type Statement, statement } from '../../schema/database/database.ts';
import type { Change, Touched } from '../kinds/resource.ts';
import type { ReplayDesired, SetItem, SppDesired, SppObserved } from '../kinds/spp/desired.ts';
import { sightingVersion } from '../peers/spp-processes.ts';
import { type AtRest, type ClaimedOperation, loading, type Records, selectLast } from './records.ts';
import { type ItemRow, keepItems, refuseItems, selectSetItems } from './spp-items.ts';
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
    load(operations) {
      const replayed = operations.filter(({ kind }) => kind === REPLAY).map(({ resource }) => processOf(resource));
      const statements = replayed.length === 0 ? [] : [selectSetItems(hypervisor, replayed)];
      return loading(statements, ([rows = []]) => {
        const items = rows.map(itemOf);
        return new Map(operations.map((operation) => [operation.sequence, changeOf(operation, items)]));
      });
    },

    settle({ sequence, resource }, { after }, { status }, observed) {
      const process = processOf(resource);
      const seen = observed?.processes.get(process);
      if (status !== 'succeeded') return 'command' in after ? keepItems(hypervisor, sequence, after, false) : [];
      return [
        ...('command' in after
          ? keepItems(hypervisor, sequence, after, true)
          : refuseItems(hypervisor, process, observed?.tried ?? new Map())),
        seen ? noteProcess(hypervisor, seen) : noteGone(hypervisor, process, sightingVersion()),
      ];
    },

    loadResting,

    findOrphans: async () => [],
  };

  async function loadResting(touched: Touched): Promise<AtRest<SppDesired>> {
    const processes = touched === 'all' ? null : touched.flatMap(processOfEvent);
    if (!replay || processes?.length === 0) return { resting: [], busy: [], since: 0 };
    const [rows, busy, [last]] = await database.read(
      [selectSetItems(hypervisor, processes), selectChanging(hypervisor), selectLast],
      { call: 'look.spp' },
    );
    const items = rows.map(itemOf);
    const wanted = [...new Set(items.map(({ process }) => process))];
    const changing = new Set(busy.map(({ subject }) => processOf(subject)));
    return {
      since: last?.last ?? 0,
      resting: wanted
        .filter((process) => !changing.has(process))
        .map((process) => {
          const subject = processSubject(hypervisor, process);
          const desired: ReplayDesired = { process, items: itemsOf(items, process) };
          return { subject, generation: 0, subjects: [subject], touchedBy: [eventOf(process)], desired };
        }),
      busy: processes === null ? [] : processes.filter((process) => changing.has(process)).map(eventOf),
    };
  }
}

interface Item extends SetItem {
  readonly process: number;
}

function itemOf({ process, type, spec }: ItemRow): Item {
  return { process, type, command: JSON.parse(spec) };
}

function itemsOf(items: readonly Item[], process: number): SetItem[] {
  return items.filter((item) => item.process === process);
}

function changeOf(operation: ClaimedOperation, items: readonly Item[]): Change<SppDesired> {
  const process = processOf(operation.resource);
  const isReplay = operation.kind === REPLAY;
  return {
    before: { process, items: [] },
    after: isReplay ? { process, items: itemsOf(items, process) } : commandOf(operation),
    total: 1,
  };
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

/** Processes that an unfinished operation changes. */
function selectChanging(hypervisor: string): Statement<{ subject: string }> {
  const subjects = processSubject(hypervisor, 0).replace(/[^/]*$/, '');
  return statement<{ subject: string }>(
    'SELECT DISTINCT subject FROM operation_subjects WHERE subject >= :subjects AND subject < :end',
    // '0' comes after '/'.
    { subjects, end: `${subjects.slice(0, -1)}0` },
  );
}
