import { type Configuration, LIBVIRT_SOCKET } from '../../schema/process/configuration.ts';
import { type LibvirtDriver, type LibvirtEvent, openLibvirtDriver } from '../drivers/libvirt/driver.ts';
import { openStatistics, type Statistics } from '../drivers/libvirt/statistics/statistics.ts';
import { openStorage, type Storage } from '../drivers/libvirt/storage/storage.ts';
import { DOMAIN_NAMESPACE } from '../kinds/domains/xml/model.ts';
import { ComputeDaemons, type Readiness } from './compute-daemons.ts';
import type { Peer, PeerDefinition } from './peer.ts';

/** Virtual machines, their networks and their disks. */
export interface LibvirtPeer extends Peer {
  readonly driver: LibvirtDriver;
  /** On a connection of its own. */
  readonly storage: Storage;
  /** On a connection of its own, which guests that hang may hold up. */
  readonly statistics: Statistics;
  /** Whether libvirt has to be installed or started before the driver can be used. */
  readiness(): Readiness;
  /** See {@link ComputeDaemons.ensureReady}. */
  ensureReady(): Promise<void>;
  /** Events, and `everything` whenever there is a connection again. The listener must not wait. */
  subscribe(listener: (event: LibvirtEvent) => void): () => void;
}

type Log = (level: 'info' | 'warn', text: string) => void;

function daemonsOf({ libvirt: { socket }, setup }: Configuration, log?: Log): ComputeDaemons {
  return new ComputeDaemons({
    ...{ job: 'compute', technology: 'libvirt', program: 'libvirtd', setup, socket },
    isUsual: socket === LIBVIRT_SOCKET,
    ...(log === undefined ? {} : { log }),
  });
}

export const libvirt: PeerDefinition<LibvirtPeer> = {
  technology: 'libvirt',

  find: (configuration) => daemonsOf(configuration).find(),

  async open({ configuration, log }) {
    const say: Log = (level, text) => log[level](text);
    const { socket: path, uri } = configuration.libvirt;
    const daemons = daemonsOf(configuration, say);
    await daemons.refresh();
    const driver = await openLibvirtDriver({ path, uri, namespace: DOMAIN_NAMESPACE, log: say });
    // The log of one connection tells when libvirt is away.
    const [storage, statistics] = await Promise.all([openStorage({ path, uri }), openStatistics({ path, uri })]);
    daemons.connect(() => {
      const health = driver.health();
      return health.available ? storage.health() : health;
    });
    return {
      ...{ driver, storage, statistics },
      health: () => daemons.health(),
      capability: () => daemons.capability(),
      refresh: () => daemons.refresh(),
      readiness: () => daemons.readiness(),
      ensureReady: () => daemons.ensureReady(),
      subscribe: (listener) => driver.subscribe(listener),
      async close() {
        await Promise.all([driver.close(), storage.close(), statistics.close()]);
      },
    };
  },
};
