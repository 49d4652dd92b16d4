import { describe, expect, test } from 'vitest';
import { diskModel, domainModel } from '../../../../test/support/domain-model.ts';
import { attributeOf, childrenNamed, descendant, textOf, type XmlElement } from '../../../drivers/xml/element.ts';
import { readXml } from '../../../drivers/xml/read.ts';
import type { DomainModel } from './model.ts';
import { domainXml } from './write.ts';

function written(changes: Partial<DomainModel> = {}): XmlElement {
  return readXml('domain', domainXml(domainModel(changes)));
}

function devices(changes: Partial<DomainModel>, name: string): XmlElement[] {
  return childrenNamed(descendant(written(changes), 'devices'), name);
}

describe('disks', () => {
  const disks = Array.from({ length: 26 }, (_, position) => diskModel(position));

  test('26 on one controller, each with its unit, letter and serial', () => {
    expect(devices({ disks }, 'controller').map(({ attributes }) => attributes)).toEqual([
      { type: 'scsi', index: '0', model: 'virtio-scsi' },
      { type: 'usb', model: 'none' },
    ]);
    expect(
      devices({ disks }, 'disk').map((disk) => [
        attributeOf(descendant(disk, 'target'), 'dev'),
        descendant(disk, 'address')?.attributes,
        textOf(disk, 'serial'),
      ]),
    ).toEqual(
      [...'abcdefghijklmnopqrstuvwxyz'].map((letter, unit) => [
        `sd${letter}`,
        { type: 'drive', controller: '0', bus: '0', target: '0', unit: String(unit) },
        `weft-${unit}`,
      ]),
    );
  });

  test.each([[[]], [[...disks, diskModel(26)]]])('none and 27 are refused', (refused) => {
    expect(() => domainXml(domainModel({ disks: refused }))).toThrow(RangeError);
  });

  test('a guest returns what it discards, and waits while the host is full', () => {
    const [disk] = devices({}, 'disk');
    expect(descendant(disk, 'driver')?.attributes).toEqual({
      name: 'qemu',
      type: 'qcow2',
      discard: 'unmap',
      error_policy: 'enospace',
    });
  });

  test('the seed is read-only, on a unit that no other disk has', () => {
    const [, seed] = devices({ seed: '/var/lib/weft/disks/seed.iso' }, 'disk');
    expect(descendant(seed, 'readonly')).toBeDefined();
    expect(attributeOf(descendant(seed, 'source'), 'file')).toBe('/var/lib/weft/disks/seed.iso');
    expect([attributeOf(descendant(seed, 'target'), 'dev'), attributeOf(descendant(seed, 'address'), 'unit')]).toEqual([
      'sdaa',
      '26',
    ]);
  });
});

describe('NICs', () => {
  const off = { csum: 'off', tso4: 'off', tso6: 'off', ecn: 'off', ufo: 'off' };

  test.each([
    [true, undefined, undefined],
    [false, { ...off, gso: 'off' }, off],
  ])('checksum offload %s', (checksumOffload, host, guest) => {
    const [nic] = devices({ nics: [{ mac: '02:00:00:00:00:01', network: 'blue', checksumOffload }] }, 'interface');
    expect(attributeOf(descendant(nic, 'mac'), 'address')).toBe('02:00:00:00:00:01');
    expect(attributeOf(descendant(nic, 'source'), 'network')).toBe('blue');
    expect(attributeOf(descendant(nic, 'model'), 'type')).toBe('virtio');
    expect(descendant(nic, 'driver', 'host')?.attributes).toEqual(host);
    expect(descendant(nic, 'driver', 'guest')?.attributes).toEqual(guest);
  });
});

describe('boot', () => {
  const kernel = { from: 'kernel', kernel: '/k', initrd: '/i', commandLine: 'a="b c" <&' } as const;

  test.each([
    ['disk', { from: 'disk' } as const, ['type', 'boot'], ['hd'], 'restart'],
    ['network', { from: 'network' } as const, ['type', 'boot', 'boot'], ['network', 'hd'], 'destroy'],
    ['kernel', kernel, ['type', 'kernel', 'initrd', 'cmdline'], [], 'destroy'],
    ['bare kernel', { ...kernel, initrd: null, commandLine: '' }, ['type', 'kernel'], [], 'destroy'],
  ])('from %s: an installer ends where others reboot', (_, boot, elements, order, onReboot) => {
    const root = written({ boot });
    const os = descendant(root, 'os');
    expect(os?.children.map(({ name }) => name)).toEqual(elements);
    expect(childrenNamed(os, 'boot').map((each) => attributeOf(each, 'dev'))).toEqual(order);
    expect(textOf(root, 'on_reboot')).toBe(onReboot);
  });

  test('the command line is written as it is', () => {
    expect(textOf(written({ boot: kernel }), 'os', 'cmdline')).toBe('a="b c" <&');
  });
});

test.each([
  ['kvm', { mode: 'host-passthrough', check: 'none' }, 3],
  ['qemu', { mode: 'maximum' }, 0],
] as const)('%s has the processor and the timers that suit it', (accelerator, processor, timers) => {
  const root = written({ accelerator });
  expect(root.attributes).toEqual({ type: accelerator });
  expect(descendant(root, 'cpu')?.attributes).toEqual(processor);
  expect(descendant(root, 'clock')?.children).toHaveLength(timers);
});

test('the console is a terminal that is logged', () => {
  const [serial] = devices({}, 'serial');
  expect(attributeOf(serial, 'type')).toBe('pty');
  expect(descendant(serial, 'log')?.attributes).toEqual({ file: '/var/lib/weft/consoles/web1.log', append: 'on' });
});

test('there is no display, and a device for each of entropy, memory and panics', () => {
  const names = descendant(written(), 'devices')?.children.map(({ name }) => name);
  expect(new Set(names)).toEqual(new Set(['disk', 'controller', 'interface', 'serial', 'rng', 'memballoon', 'panic']));
});
