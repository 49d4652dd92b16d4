import { domainsDefinition } from '../../../schema/resources/domains/definition.ts';
import { foreignDomainsNote, seenDomainsNote } from '../../../schema/resources/domains/notes.ts';
import { isHostGoingDown } from '../../host/going-down.ts';
import { runDirectory } from '../../host/private-directory.ts';
import { libvirt } from '../../peers/libvirt.ts';
import { ovs } from '../../peers/ovs.ts';
import { kindModule, ownKind } from '../kind.ts';
import { acceleratorOnce } from './accelerator.ts';
import { DomainMemory } from './memory.ts';
import { DomainNotes } from './notes.ts';
import { DomainObserver, type DomainsAccess } from './observe.ts';
import { domainPlaces } from './places.ts';
import { domainsResource } from './resource.ts';
import { domainsSpec } from './spec.ts';

/** Virtual machines. */
export const domains = kindModule({
  peer: libvirt,
  alsoUses: [ovs],

  async open(peer, { registration: { databaseId }, configuration: { stateDirectory }, log, record, peer: peerOf }) {
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
    return {
      kind: ownKind({
        definition: domainsDefinition,
        spec: domainsSpec(places),
        resource: domainsResource(access, observer, notes),
      }),
      async close() {
        unsubscribe();
        await notes.close();
      },
    };
  },
});
