import { element, type XmlElement } from '../../../drivers/xml/element.ts';
import { writeXml } from '../../../drivers/xml/write.ts';
import {
  type Accelerator,
  type Boot,
  DISKS_MAX,
  DOMAIN_NAMESPACE,
  type DomainModel,
  isInstallerBoot,
} from './model.ts';
import { disk, interfaceOf, seedDisk, serialPort } from './write-devices.ts';

/** Seconds between two readings of the guest's memory by its balloon, without which libvirt knows only QEMU's own. */
const BALLOON_PERIOD = 10;

/**
 * The document for virDomainDefineXML, after libvirt's "Domain XML format".
 *
 * @throws RangeError for no disk, or more than have a letter; XmlError for a text that XML cannot carry
 */
export function domainXml(model: DomainModel): string {
  const { disks } = model;
  if (disks.length === 0 || disks.length > DISKS_MAX) {
    throw new RangeError(`domain ${model.name} has ${disks.length} disks, not 1 to ${DISKS_MAX}`);
  }
  return writeXml(
    element('domain', { type: model.accelerator }, [
      element('name', {}, model.name),
      element('uuid', {}, model.uuid),
      metadata(model),
      element('memory', { unit: 'KiB' }, String(model.memoryKib)),
      element('vcpu', { placement: 'static' }, String(model.vcpus)),
      operatingSystem(model.boot),
      element('features', {}, [element('acpi'), element('apic')]),
      processor(model.accelerator),
      clock(model.accelerator),
      element('on_poweroff', {}, 'destroy'),
      element('on_reboot', {}, isInstallerBoot(model.boot) ? 'destroy' : 'restart'),
      // It is off then, with `crashed` as the reason: whether it is started again is decided by its configuration.
      element('on_crash', {}, 'destroy'),
      // Asleep it would look like running, and nothing that weft offers would wake it.
      element('pm', {}, [element('suspend-to-mem', { enabled: 'no' }), element('suspend-to-disk', { enabled: 'no' })]),
      devices(model),
    ]),
  );
}

function metadata({ owner, generation }: DomainModel): XmlElement {
  return element('metadata', {}, [element('weft:domain', { 'xmlns:weft': DOMAIN_NAMESPACE, owner, generation })]);
}

function operatingSystem(boot: Boot): XmlElement {
  const type = element('type', { arch: 'x86_64', machine: 'q35' }, 'hvm');
  switch (boot.from) {
    case 'disk':
      return element('os', {}, [type, element('boot', { dev: 'hd' })]);
    case 'network':
      return element('os', {}, [type, element('boot', { dev: 'network' }), element('boot', { dev: 'hd' })]);
    case 'kernel':
      return element('os', {}, [
        type,
        element('kernel', {}, boot.kernel),
        boot.initrd === null ? null : element('initrd', {}, boot.initrd),
        boot.commandLine === '' ? null : element('cmdline', {}, boot.commandLine),
      ]);
  }
}

/** The emulation offers all that it can: QEMU's default model lacks what distributions of today are compiled for. */
function processor(accelerator: Accelerator): XmlElement {
  return element('cpu', accelerator === 'kvm' ? { mode: 'host-passthrough', check: 'none' } : { mode: 'maximum' });
}

function clock(accelerator: Accelerator): XmlElement {
  const timers = [
    element('timer', { name: 'rtc', tickpolicy: 'catchup' }),
    element('timer', { name: 'pit', tickpolicy: 'delay' }),
    element('timer', { name: 'hpet', present: 'no' }),
  ];
  return element('clock', { offset: 'utc' }, accelerator === 'kvm' ? timers : []);
}

function devices(model: DomainModel): XmlElement {
  const { disks, seed, nics, consoleLog } = model;
  return element('devices', {}, [
    ...disks.map(disk),
    seed === null ? null : seedDisk(seed),
    // Explicit: libvirt would choose a model by the machine's type, and that of a PC takes only seven disks.
    element('controller', { type: 'scsi', index: 0, model: 'virtio-scsi' }),
    element('controller', { type: 'usb', model: 'none' }),
    ...nics.map(interfaceOf),
    serialPort(consoleLog),
    element('rng', { model: 'virtio' }, [element('backend', { model: 'random' }, '/dev/urandom')]),
    element('memballoon', { model: 'virtio' }, [element('stats', { period: BALLOON_PERIOD })]),
    // By which a guest's kernel says that it has panicked.
    element('panic', { model: 'isa' }),
  ]);
}
