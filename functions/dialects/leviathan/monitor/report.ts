import type { CinChange } from '../../../events/cins/changes.ts';
import type { CinContainer } from '../../../events/cins/state.ts';
import { type MonitorEvent, type MonitoredContainer, type MonitorFilter, monitorEvents } from './messages.ts';

/** One event for a client: JSON of the containers that it names. */
export interface ReportedEvent {
  readonly event: MonitorEvent;
  readonly containers: string;
}

/** The containers that a monitor with this filter reports, as JSON. */
export const reportState = sharedByFilter((containers: readonly CinContainer[], { tag }) =>
  JSON.stringify(containers.filter((each) => hasTag(each, tag)).map(encode)),
);

/**
 * The events that a monitor with this filter sends for these changes. A container that is given the tag of the filter
 * is created for its monitor, and one that loses it is destroyed.
 */
export const reportChanges = sharedByFilter(
  (changes: readonly CinChange[], { tag, events }): readonly ReportedEvent[] => {
    const found: Record<MonitorEvent, MonitoredContainer[]> = { create: [], destroy: [], update: [] };
    for (const { before, after } of changes) {
      const [was, is] = [before, after].map((each) => (each !== null && hasTag(each, tag) ? encode(each) : null));
      if (is) found[was ? 'update' : 'create'].push(is);
      else if (was) found.destroy.push(was);
    }
    return order
      .filter((event) => events.includes(event) && found[event].length > 0)
      .map((event) => ({ event, containers: JSON.stringify(found[event]) }));
  },
);

/** An address that one container gives up may be that of another one. */
const order = ['destroy', 'update', 'create'] as const satisfies readonly MonitorEvent[];

function hasTag(container: CinContainer, tag: string | null): boolean {
  return tag === null || container.tag === tag;
}

function encode({ name, address, tag }: CinContainer): MonitoredContainer {
  return { containerID: name, ipaddress: address, tag };
}

/** Hundreds of monitors report the same list: it is encoded once for each filter among them. */
function sharedByFilter<List extends object, Made>(
  make: (list: List, filter: MonitorFilter) => Made,
): (list: List, filter: MonitorFilter) => Made {
  const made = new WeakMap<List, Map<string, Made>>();
  return (list, filter) => {
    const byFilter = made.get(list) ?? new Map<string, Made>();
    made.set(list, byFilter);
    const key = JSON.stringify([filter.tag, monitorEvents.filter((event) => filter.events.includes(event))]);
    const known = byFilter.get(key) ?? make(list, filter);
    byFilter.set(key, known);
    return known;
  };
}
