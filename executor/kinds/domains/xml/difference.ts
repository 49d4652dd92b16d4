import { DISKS_MAX, type DiskModel, type DomainModel, isInstallerBoot, type NicModel } from './model.ts';
import type { ObservedDisk, ObservedDomain, ObservedNic } from './observed.ts';

export type DifferenceName =
  | 'name'
  | 'owner'
  | 'generation'
  | 'accelerator'
  | 'memory'
  | 'vcpus'
  | 'disks'
  | 'seed'
  | 'nics'
  | 'console'
  | 'boot';

/** What is not as wanted, with both values as a person reads them. */
export interface Difference {
  readonly name: DifferenceName;
  readonly wanted: string;
  readonly found: string;
}

/** The differences of a domain from its model, in a fixed order; none if there is nothing to repair. */
export function differences(model: DomainModel, observed: ObservedDomain): Difference[] {
  const { data, seeds } = byPurpose(observed.disks);
  const compared: readonly (readonly [DifferenceName, string, string])[] = [
    ['name', model.name, observed.name],
    ['owner', model.owner, observed.owner ?? ''],
    ['generation', String(model.generation), String(observed.generation ?? '')],
    ['accelerator', model.accelerator, observed.accelerator],
    ['memory', `${model.memoryKib} KiB`, `${observed.memoryKib} KiB`],
    ['vcpus', String(model.vcpus), String(observed.vcpus)],
    ['disks', listed(model.disks.map(wantedDisk)), listed(data.map(foundDisk))],
    ['seed', model.seed ?? '', seeds.map(({ source }) => source ?? '').join(', ')],
    ['nics', listed(model.nics.map(nicText)), listed(observed.nics.map(nicText))],
    ['console', model.consoleLog, observed.consoleLog ?? ''],
    ['boot', wantedBoot(model), foundBoot(observed)],
  ];
  return compared.flatMap(([name, wanted, found]) => (wanted === found ? [] : [{ name, wanted, found }]));
}

/** The seed is the disk on the unit after all others. An empty drive is no disk, as one that was ejected. */
function byPurpose(disks: readonly ObservedDisk[]) {
  const present = disks.filter(({ source }) => source !== null);
  return {
    data: present.filter(({ unit }) => unit !== DISKS_MAX),
    seeds: present.filter(({ unit }) => unit === DISKS_MAX),
  };
}

function wantedDisk({ source, serial }: DiskModel, unit: number): string {
  return `${unit} ${source} qcow2 ${serial}`;
}

function foundDisk({ unit, source, format, serial }: ObservedDisk): string {
  return `${unit ?? 'no unit'} ${source} ${format ?? 'no format'} ${serial ?? 'no serial'}`;
}

/** Not the tap: libvirt chooses another at each start. */
function nicText({ mac, network, checksumOffload }: NicModel | ObservedNic): string {
  return `${mac} on ${network ?? 'no network'}${checksumOffload ? '' : ' without checksum offload'}`;
}

function listed(items: readonly string[]): string {
  return items.join(', ');
}

function wantedBoot({ boot }: DomainModel): string {
  const onReboot = isInstallerBoot(boot) ? 'destroy' : 'restart';
  switch (boot.from) {
    case 'disk':
      return `hd, then ${onReboot}`;
    case 'network':
      return `network hd, then ${onReboot}`;
    case 'kernel':
      return `${kernelText(boot.kernel, boot.initrd, boot.commandLine)}, then ${onReboot}`;
  }
}

/** libvirt adds `hd` to a domain that has a kernel, which is what counts. */
function foundBoot({ boot: { devices, kernel, initrd, commandLine }, onReboot }: ObservedDomain): string {
  const from = kernel === null ? devices.join(' ') : kernelText(kernel, initrd, commandLine);
  return `${from}, then ${onReboot}`;
}

function kernelText(kernel: string, initrd: string | null, commandLine: string): string {
  return `${kernel} ${initrd ?? 'no initrd'} ${JSON.stringify(commandLine)}`;
}
