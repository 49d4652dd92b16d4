import { element, type XmlElement } from '../../../drivers/xml/element.ts';
import { DISKS_MAX, type DiskModel, type NicModel } from './model.ts';

const FIRST_LETTER = 'a'.charCodeAt(0);

/** A sparse qcow2 image that shrinks with what the guest discards, and that pauses the guest while the host is full. */
export function disk({ source, serial }: DiskModel, unit: number): XmlElement {
  return element('disk', { type: 'file', device: 'disk' }, [
    element('driver', { name: 'qemu', type: 'qcow2', discard: 'unmap', error_policy: 'enospace' }),
    element('source', { file: source }),
    element('target', { dev: `sd${String.fromCharCode(FIRST_LETTER + unit)}`, bus: 'scsi' }),
    element('serial', {}, serial),
    address(unit),
  ]);
}

/**
 * A disk beside the others, which needs no other driver than theirs: Debian's cloud kernel has none for the SATA controller
 * that a CD-ROM of this machine is on. Its unit is the same whatever the number of disks.
 */
export function seedDisk(source: string): XmlElement {
  return element('disk', { type: 'file', device: 'disk' }, [
    element('driver', { name: 'qemu', type: 'raw' }),
    element('source', { file: source }),
    element('target', { dev: 'sdaa', bus: 'scsi' }),
    element('readonly'),
    address(DISKS_MAX),
  ]);
}

/** Explicit: left to libvirt, an eighth disk would be on a second controller, of whatever model. */
function address(unit: number): XmlElement {
  return element('address', { type: 'drive', controller: 0, bus: 0, target: 0, unit });
}

export function interfaceOf({ mac, network, checksumOffload }: NicModel): XmlElement {
  return element('interface', { type: 'network' }, [
    element('mac', { address: mac }),
    element('source', { network }),
    element('model', { type: 'virtio' }),
    checksumOffload ? null : withoutOffload(),
  ]);
}

/** Segmentation needs checksums, so it goes with them. */
function withoutOffload(): XmlElement {
  const guest = { csum: 'off', tso4: 'off', tso6: 'off', ecn: 'off', ufo: 'off' };
  return element('driver', {}, [element('host', { ...guest, gso: 'off' }), element('guest', guest)]);
}

/**
 * A terminal for `virsh console`, whose output is also kept in a file, whether or not anybody is connected.
 *
 * QEMU gets the file from virtlogd (as long as qemu.conf has `stdio_handler = "logd"`, the default): a pipe whose other
 * end virtlogd writes to the file, which it renames to `.0` and so on when it is larger than `max_size` (virtlogd.conf, 2
 * MiB), and keeps `max_backups` of (3). So a guest that never stops writing cannot fill the host's disk. A `<serial
 * type="file">` is rotated by it in the same way, but cannot be connected to.
 */
export function serialPort(consoleLog: string): XmlElement {
  return element('serial', { type: 'pty' }, [
    element('log', { file: consoleLog, append: 'on' }),
    element('target', { type: 'isa-serial', port: 0 }),
  ]);
}
