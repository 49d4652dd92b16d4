import { attributeOf, descendant, element, textOf, type XmlElement } from '../../xml/element.ts';
import { readXml } from '../../xml/read.ts';
import { writeXml } from '../../xml/write.ts';
import { refusal } from '../errors.ts';
import type { Backing, DirectoryPool, OverlayModel, PoolDescription, VolumeDescription } from './model.ts';

/** QEMU runs as a user of its own, which has to reach the volumes, but not to list them. */
const DIRECTORY_MODE = '0711';

/** That of qcow2's version 3; libvirt's default is version 2. */
const QCOW2_COMPATIBILITY = '1.1';

/** The document for virStoragePoolDefineXML. @throws XmlError for a text that XML cannot carry */
export function poolXml({ uuid, name, directory }: DirectoryPool): string {
  const permissions = element('permissions', {}, [element('mode', {}, DIRECTORY_MODE)]);
  return writeXml(
    element('pool', { type: 'dir' }, [
      element('name', {}, name),
      element('uuid', {}, uuid),
      element('target', {}, [element('path', {}, directory), permissions]),
    ]),
  );
}

/** What virStoragePoolGetXMLDesc says of it. @throws XmlError, LibvirtError `protocol` */
export function readPool(
  text: string,
): Pick<PoolDescription, 'type' | 'directory' | 'capacityBytes' | 'availableBytes'> {
  const root = readXml('pool', text);
  return {
    type: attributeOf(root, 'type') ?? '',
    directory: textOf(root, 'target', 'path'),
    capacityBytes: bytesOf(root, 'capacity'),
    availableBytes: bytesOf(root, 'available'),
  };
}

/** The document for virStorageVolCreateXML of a qcow2 image. @throws XmlError for a text that XML cannot carry */
export function imageXml({ name, capacityBytes }: OverlayModel, backing: Backing | null = null): string {
  const target = element('target', {}, [
    element('format', { type: 'qcow2' }),
    element('compat', {}, QCOW2_COMPATIBILITY),
  ]);
  const below =
    backing &&
    element('backingStore', {}, [
      element('path', {}, backing.path),
      // Without it QEMU would look for it in the image, which a guest has written.
      element('format', { type: backing.format }),
    ]);
  return volumeXml(name, capacityBytes, [target, below]);
}

/** The document for virStorageVolCreateXML of a file without a structure of its own. */
export function rawXml(name: string, bytes: number): string {
  return volumeXml(name, bytes, [element('target', {}, [element('format', { type: 'raw' })])]);
}

function volumeXml(name: string, bytes: number, more: readonly (XmlElement | null)[]): string {
  return writeXml(
    element('volume', {}, [
      element('name', {}, name),
      element('capacity', { unit: 'bytes' }, String(bytes)),
      // Nothing is written that a guest has not written.
      element('allocation', { unit: 'bytes' }, '0'),
      ...more,
    ]),
  );
}

/** What virStorageVolGetXMLDesc says of it. @throws XmlError, LibvirtError `protocol` */
export function readVolume(text: string): VolumeDescription {
  const root = readXml('volume', text);
  return {
    name: textOf(root, 'name') ?? '',
    path: textOf(root, 'target', 'path') ?? '',
    format: formatOf(descendant(root, 'target')),
    capacityBytes: bytesOf(root, 'capacity'),
    allocationBytes: bytesOf(root, 'allocation'),
    backing: backingOf(descendant(root, 'backingStore')),
  };
}

function backingOf(found: XmlElement | undefined): Backing | null {
  const path = textOf(found, 'path');
  return path === null ? null : { path, format: formatOf(found) };
}

function formatOf(parent: XmlElement | undefined): string {
  return attributeOf(descendant(parent, 'format'), 'type') ?? 'raw';
}

/** libvirt always writes bytes. */
function bytesOf(root: XmlElement, name: string): number {
  const found = descendant(root, name);
  const bytes = Number(found?.text ?? Number.NaN);
  const unit = attributeOf(found, 'unit');
  if (unit === 'bytes' && Number.isSafeInteger(bytes)) return bytes;
  throw refusal('protocol', `read ${root.name}`, `its ${name} is not a number of bytes: ${found?.text} ${unit}`);
}
