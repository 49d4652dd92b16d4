import { vlanNetworksDefinition } from '../../../schema/resources/vlan-networks/definition.ts';
import { foreignNetworksNote } from '../../../schema/resources/vlan-networks/foreign-note.ts';
import { libvirt } from '../../peers/libvirt.ts';
import { ovs } from '../../peers/ovs.ts';
import { kindModule, ownKind } from '../kind.ts';
import { networksCleaner } from './clean.ts';
import { ForeignNetworks } from './foreign.ts';
import { listNetworks, vlanNetworksResource } from './resource.ts';
import { vlanNetworksSpec } from './spec.ts';

/** Libvirt networks on bridges of Open vSwitch. */
export const vlanNetworks = kindModule({
  peer: libvirt,
  alsoUses: [ovs],

  async open(peer, { registration: { databaseId, hypervisor }, log, record, peer: peerOf }) {
    const access = { libvirt: peer, ovs: peerOf(ovs) };
    const foreign = new ForeignNetworks({
      ...{ log, list: () => listNetworks(access) },
      record: (networks) => record(foreignNetworksNote, networks),
    });
    const unsubscribe = peer.subscribe(({ kind }) => {
      if (kind === 'network' || kind === 'everything') foreign.changed();
    });
    return {
      kind: ownKind({
        definition: vlanNetworksDefinition,
        spec: vlanNetworksSpec({ databaseId, hypervisor }),
        resource: vlanNetworksResource(access, foreign),
      }),
      async close() {
        unsubscribe();
        await foreign.close();
      },
    };
  },

  cleaner: (peer) => networksCleaner(peer),
});
