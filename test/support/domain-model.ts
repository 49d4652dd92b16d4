import type { DiskModel, DomainModel } from '../../executor/kinds/domains/xml/model.ts';

const IMAGES = '/var/lib/weft/disks';

export const DOMAIN_UUID = '6a0d9c40-5c3e-4f6a-9d0c-0f6a4b1c2d3e';

/** A small domain with a disk and a NIC, and what a test changes of it. */
export function domainModel(changes: Partial<DomainModel> = {}): DomainModel {
  return {
    uuid: DOMAIN_UUID,
    name: 'web1.example.com',
    owner: 'weft:0f6a/web1',
    generation: 3,
    accelerator: 'qemu',
    memoryKib: 65536,
    vcpus: 2,
    disks: [diskModel(0)],
    seed: null,
    nics: [{ mac: '02:00:00:00:00:01', network: 'blue', checksumOffload: false }],
    consoleLog: '/var/lib/weft/consoles/web1.log',
    boot: { from: 'disk' },
    ...changes,
  };
}

export function diskModel(position: number): DiskModel {
  return { source: `${IMAGES}/${DOMAIN_UUID}-${position}.qcow2`, serial: `weft-${position}` };
}
