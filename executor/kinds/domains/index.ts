import { domainsDefinition } from '../../../schema/resources/domains/definition.ts';
import { foreignDomainsNote, seenDomainsNote } from '../../../schema/resources/domains/notes.ts';
import { domainStatisticsNote, keepDomainsMs } from '../../../schema/resources/domains/statistics.ts';
import { isHostGoingDown } from '../../host/going-down.ts';
import { runDirectory } from '../../host/private-directory.ts';
import { type LibvirtPeer, libvirt } from '../../peers/libvirt.ts';
import { ovs } from '../../peers/ovs.ts';
import { type KindContext, kindModule, ownKind } from '../kind.ts';
import { Passes } from '../passes.ts';
import { acceleratorOnce } from './accelerator.ts';
import { DomainMemory } from './memory.ts';
import { DomainNotes } from './notes.ts';
import { DomainObserver, type DomainsAccess } from './observe.ts';
import { domainPlaces } from './places.ts';
import { domainsResource } from './resource.ts';
import { domainsSpec } from './spec.ts';
import { DomainStatisticsReader } from './statistics.ts';

/** Virtual machines. */
export const domains = kindModule({
  peer: libvirt,
  alsoUses: [ovs],

  async open(peer, context) {
    const { registration, configuration, log, record, peer: peerOf } = context;
    const { databaseId } = registration;
    const { stateDirectory } = configuration;
    const places = domainPlaces(stateDirectory, databaseId);
    const memory = new DomainMemory(runDirectory(databaseId));
    const access: DomainsAccess = {
      ...{ libvirt: peer, ovs: peerOf(ovs), places, memory, isHostGoingDown },
      accelerator: acceleratorOnce((text) => log.info(text)),
    };
    const observer = new DomainObserver(access);
    const notes = new DomainNotes({
      ...{ log, list: () => observer.list() },
      recordForeign: (found) => record(foreignDomainsNote, found),
      recordSeen: (found) => record(seenDomainsNote, found),
    });
    const unsubscribe = peer.subscribe((event) => {
      memory.note(event);
      if (event.kind === 'domain' && !notes.isOwn(event.uuid)) notes.changed();
    });
    const statistics = recordStatistics(peer, context);
    return {
      kind: ownKind({
        definition: domainsDefinition,
        spec: domainsSpec(places),
        resource: domainsResource(access, observer, notes),
      }),
      async close() {
        unsubscribe();
        await statistics.close();
        await notes.close();
      },
    };
  },
});

/** As long as libvirt runs; what it does not answer is not waited for by anything else. */
function recordStatistics(
  { statistics }: LibvirtPeer,
  { log, record, statisticsMs }: Pick<KindContext, 'log' | 'record' | 'statisticsMs'>,
) {
  const reader = new DomainStatisticsReader(statistics);
  return new Passes({
    of: 'virtual machines',
    read: () => reader.read(),
    keepMs: keepDomainsMs,
    record: async (pass) => (await record(domainStatisticsNote, pass)).at(-1)?.[0]?.remain === 1,
    log,
    intervalMs: statisticsMs,
  });
}
