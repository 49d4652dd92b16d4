import {
  attributeOf,
  childInNamespace,
  childrenNamed,
  descendant,
  textOf,
  type XmlElement,
} from '../../../drivers/xml/element.ts';
import { XmlError } from '../../../drivers/xml/error.ts';
import { readXml } from '../../../drivers/xml/read.ts';
import { DOMAIN_NAMESPACE } from './model.ts';
import type { ObservedBoot, ObservedDisk, ObservedDomain, ObservedNic } from './observed.ts';

/**
 * A domain, live or defined, as virDomainGetXMLDesc describes it. What libvirt adds by itself is not in the result, and what a
 * domain of others has beyond that neither.
 *
 * @throws XmlError `malformed`: it is not the XML of a domain
 */
export function readDomain(text: string): ObservedDomain {
  const root = readXml('domain', text);
  const name = textOf(root, 'name');
  const uuid = textOf(root, 'uuid');
  if (root.name !== 'domain' || name === null || uuid === null) {
    throw new XmlError('malformed', 'read domain', 'it has no name or no UUID');
  }
  const ours = childInNamespace(descendant(root, 'metadata'), DOMAIN_NAMESPACE, 'domain');
  const devices = descendant(root, 'devices');
  return {
    uuid,
    name,
    owner: attributeOf(ours, 'owner'),
    generation: integerFrom(attributeOf(ours, 'generation')),
    accelerator: attributeOf(root, 'type') ?? '',
    memoryKib: kibibytes(descendant(root, 'memory')),
    vcpus: integerFrom(textOf(root, 'vcpu')) ?? 1,
    disks: childrenNamed(devices, 'disk').map(diskFrom),
    nics: childrenNamed(devices, 'interface').map(nicFrom),
    consoleLog: attributeOf(descendant(devices, 'serial', 'log'), 'file'),
    boot: bootFrom(descendant(root, 'os')),
    onReboot: textOf(root, 'on_reboot') ?? 'restart',
  };
}

function diskFrom(disk: XmlElement): ObservedDisk {
  return {
    device: attributeOf(disk, 'device') ?? 'disk',
    source: sourceOf(descendant(disk, 'source')),
    format: attributeOf(descendant(disk, 'driver'), 'type'),
    target: attributeOf(descendant(disk, 'target'), 'dev') ?? '',
    serial: textOf(disk, 'serial'),
    unit: integerFrom(attributeOf(descendant(disk, 'address'), 'unit')),
    readOnly: descendant(disk, 'readonly') !== undefined,
  };
}

function sourceOf(source: XmlElement | undefined): string | null {
  const volume = attributeOf(source, 'volume');
  if (volume !== null) return `${attributeOf(source, 'pool')}/${volume}`;
  return attributeOf(source, 'file') ?? attributeOf(source, 'dev');
}

function nicFrom(nic: XmlElement): ObservedNic {
  return {
    mac: attributeOf(descendant(nic, 'mac'), 'address')?.toLowerCase() ?? '',
    network: attributeOf(descendant(nic, 'source'), 'network'),
    tap: attributeOf(descendant(nic, 'target'), 'dev'),
    checksumOffload: attributeOf(descendant(nic, 'driver', 'host'), 'csum') !== 'off',
  };
}

function bootFrom(os: XmlElement | undefined): ObservedBoot {
  return {
    devices: childrenNamed(os, 'boot').flatMap((boot) => attributeOf(boot, 'dev') ?? []),
    kernel: textOf(os, 'kernel'),
    initrd: textOf(os, 'initrd'),
    commandLine: textOf(os, 'cmdline') ?? '',
  };
}

function integerFrom(text: string | null): number | null {
  return text !== null && /^\s*\d{1,15}\s*$/.test(text) ? Number(text) : null;
}

const UNITS = ['k', 'm', 'g', 't', 'p', 'e'];

/** libvirt itself always writes KiB; a document may have any unit of its scaledInteger type. */
function kibibytes(memory: XmlElement | undefined): number {
  const amount = integerFrom(memory?.text ?? null) ?? 0;
  const unit = (attributeOf(memory, 'unit') ?? 'KiB').toLowerCase();
  if (unit === 'b' || unit === 'bytes') return Math.ceil(amount / 1024);
  const power = UNITS.indexOf(unit.charAt(0)) + 1;
  // `k` and `KiB` count by 1024, `KB` by 1000.
  return unit.length === 2 ? Math.ceil((amount * 1000 ** power) / 1024) : amount * 1024 ** (power - 1);
}
