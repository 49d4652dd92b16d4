import { type DriverHealth, Reopening } from '../reopening.ts';
import { type LinkChanges, LinkEvents } from './link-events.ts';
import { watchNames } from './watch-names.ts';

/** What changed on the host, by names and labels only: details have to be read from the host. */
export interface HostChange extends LinkChanges {
  /** Names of namespaces that were added or removed. */
  readonly namespaces: readonly string[];
}

export interface NetnsMonitor {
  /** While it is away it reports nothing; when it is back, it reports `everything`. */
  health(): DriverHealth;
  close(): Promise<void>;
}

export interface MonitorOptions {
  /** The directory of named namespaces. */
  readonly directory?: string;
  readonly changed: (change: HostChange) => void;
  /** Size of the buffer for unread events; a burst that does not fit is reported as `everything`. */
  readonly bufferBytes?: number;
  /** Called when it has to stop listening, and when it listens again. */
  readonly log?: (level: 'warn' | 'info', text: string) => void;
}

const BUFFER_BYTES = 4 << 20;

/**
 * Reports changes of links, in the process' network namespace and in those that the driver made, and of namespaces that
 * are added or removed by name: some 50 ms later, many at once.
 *
 * @throws NetnsError if its socket cannot be opened
 */
export async function openNetnsMonitor({
  directory = '/run/netns',
  changed,
  bufferBytes = BUFFER_BYTES,
  ...restart
}: MonitorOptions): Promise<NetnsMonitor> {
  const toldOfLinks = (changes: LinkChanges) => changed({ ...changes, namespaces: [] });
  const events = await Reopening.open({
    ...restart,
    name: 'the netns monitor',
    open: async () => new LinkEvents(bufferBytes, toldOfLinks),
    reopened: () => changed({ aliases: [], names: [], namespaces: [], everything: true }),
  });
  const unwatch = watchNames(directory, (namespaces) =>
    changed({ aliases: [], names: [], namespaces, everything: false }),
  );
  return {
    health: () => events.health(),
    async close() {
      unwatch();
      await events.close();
    },
  };
}
