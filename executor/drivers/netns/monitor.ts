import { type DriverHealth, Reopening } from '../reopening.ts';
import { type LinkChanges, LinkEvents } from './link-events.ts';
import { watchNames } from './watch-names.ts';

/** What changed on the host, told by names and labels alone: who wants to know more looks for himself. */
export interface HostChange extends LinkChanges {
  /** Names of namespaces that appeared or went. */
  readonly namespaces: readonly string[];
}

export interface NetnsMonitor {
  /** While it is away nothing is told; when it is there again, `everything` is. */
  health(): DriverHealth;
  close(): Promise<void>;
}

export interface MonitorOptions {
  /** Where namespaces have their names. */
  readonly directory?: string;
  readonly changed: (change: HostChange) => void;
  /** Room for events that were not read yet; a burst that does not fit is told as `everything`. */
  readonly bufferBytes?: number;
  /** Hears when it has to stop listening, and when it listens again. */
  readonly log?: (level: 'warn' | 'info', text: string) => void;
}

const BUFFER_BYTES = 4 << 20;

/**
 * Tells of changes of links, in the process' network namespace and in those that the driver made,
 * and of namespaces that come and go by name: some 50 ms later, many at once.
 *
 * @throws NetnsError as its socket could not be opened
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
