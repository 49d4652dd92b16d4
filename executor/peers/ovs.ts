import { type Configuration, OVS_SOCKET } from '../../schema/process/configuration.ts';
import { type OvsChange, type OvsDriver, openOvsDriver } from '../drivers/ovs/driver.ts';
import { type Connection, Reopening } from '../drivers/reopening.ts';
import { TechnologyAway } from '../kinds/health.ts';
import { ComputeDaemons, type Readiness } from './compute-daemons.ts';
import type { Peer, PeerDefinition } from './peer.ts';

/** Bridges and ports of Open vSwitch. */
export interface OvsPeer extends Peer {
  /** @throws TechnologyAway while it has not answered since the start */
  readonly driver: OvsDriver;
  /** Whether Open vSwitch has to be installed or started before the driver can be used. */
  readiness(): Readiness;
  /** See {@link ComputeDaemons.ensureReady}. */
  ensureReady(): Promise<void>;
  /** Changes by anybody, and `everything` whenever there is a connection again. The listener must not wait. */
  subscribe(listener: (change: OvsChange) => void): () => void;
}

type Log = (level: 'info' | 'warn', text: string) => void;

/** An attempt costs little: the socket is on this machine. */
const PAUSE_LONGEST_MS = 2_000;

const EVERYTHING: OvsChange = { bridges: [], ports: [], labels: [], everything: true };

/** Of one database on this host; a name of an OVSDB lock has no hyphen (RFC 7047, section 3.1). */
export function lockOf(databaseId: string): string {
  return `weft_${databaseId.replaceAll('-', '')}`;
}

function daemonsOf({ ovsSocket: socket, setup }: Configuration, log?: Log): ComputeDaemons {
  return new ComputeDaemons({
    ...{ job: 'ovs', technology: 'ovs', program: 'ovs-vswitchd', setup, socket },
    isUsual: socket === OVS_SOCKET,
    ...(log === undefined ? {} : { log }),
  });
}

export const ovs: PeerDefinition<OvsPeer> = {
  technology: 'ovs',

  find: (configuration) => daemonsOf(configuration).find(),

  async open({ configuration, databaseId, log, expires }) {
    const say: Log = (level, text) => log[level](text);
    const daemons = daemonsOf(configuration, say);
    await daemons.refresh();
    const listeners = new Set<(change: OvsChange) => void>();
    const tell = (change: OvsChange) => {
      for (const listener of listeners) listener(change);
    };
    const first = await openFirst(
      () => openOvsDriver({ socket: configuration.ovsSocket, lock: lockOf(databaseId), expires, log: say }),
      (driver) => driver.subscribe(tell),
      () => tell(EVERYTHING),
    );
    daemons.connect(() => first.current?.driver.health() ?? first.health());
    return {
      get driver() {
        const health = first.health();
        if (first.current !== null) return first.current.driver;
        throw new TechnologyAway(health.available ? 'Open vSwitch is there again' : health.reason);
      },
      health: () => daemons.health(),
      capability: () => daemons.capability(),
      refresh: () => daemons.refresh(),
      readiness: () => daemons.readiness(),
      ensureReady: () => daemons.ensureReady(),
      subscribe(listener) {
        listeners.add(listener);
        return () => listeners.delete(listener);
      },
      close: () => first.close(),
    };
  },
};

interface OpenedDriver extends Connection {
  readonly driver: OvsDriver;
}

/** Tries until the driver has been opened once; from then on it reconnects by itself. */
function openFirst(
  open: () => Promise<OvsDriver>,
  opened: (driver: OvsDriver) => void,
  reopened: () => void,
): Promise<Reopening<OpenedDriver>> {
  return Reopening.begin<OpenedDriver>({
    name: 'Open vSwitch',
    async open() {
      const driver = await open();
      opened(driver);
      const ended = Promise.withResolvers<null>();
      return {
        driver,
        ended: ended.promise,
        async close() {
          await driver.close();
          ended.resolve(null);
        },
      };
    },
    reopened,
    pauseLongest: PAUSE_LONGEST_MS,
  });
}
