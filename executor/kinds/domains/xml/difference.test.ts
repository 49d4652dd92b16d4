import { describe, expect, test } from 'vitest';
import { diskModel, domainModel } from '../../../../test/support/domain-model.ts';
import { differences } from './difference.ts';
import type { DomainModel } from './model.ts';
import { readDomain } from './read.ts';
import { domainXml } from './write.ts';

const kernel = { from: 'kernel', kernel: '/k', initrd: '/i', commandLine: 'console=ttyS0' } as const;

/** A model that has everything. */
const model = domainModel({ disks: [diskModel(0), diskModel(1)], seed: '/seed.iso' });

function found(changes: Partial<DomainModel>, edit = (xml: string) => xml) {
  return readDomain(edit(domainXml({ ...model, ...changes })));
}

test.each([
  ['a disk', model],
  ['the network', { ...model, boot: { from: 'network' } } as const],
  ['a kernel', { ...model, boot: kernel }],
  ['a kernel alone', { ...model, boot: { ...kernel, initrd: null, commandLine: '' } }],
  ['many disks', { ...model, disks: Array.from({ length: 26 }, (_, position) => diskModel(position)) }],
])('a domain that boots from %s is as it was written', (_, wanted) => {
  expect(differences(wanted, readDomain(domainXml(wanted)))).toEqual([]);
});

describe('each difference has its name', () => {
  const nic = { mac: '02:00:00:00:00:01', network: 'blue', checksumOffload: false };

  test.each<[string, Partial<DomainModel>]>([
    ['name', { name: 'web2' }],
    ['owner', { owner: 'weft:0f6a/web2' }],
    ['generation', { generation: 2 }],
    ['accelerator', { accelerator: 'kvm' }],
    ['memory', { memoryKib: 65535 }],
    ['vcpus', { vcpus: 1 }],
    ['disks', { disks: [diskModel(1), diskModel(0)] }],
    ['disks', { disks: [diskModel(0)] }],
    ['disks', { disks: [diskModel(0), { ...diskModel(1), serial: 'other' }] }],
    ['seed', { seed: null }],
    ['seed', { seed: '/other.iso' }],
    ['nics', { nics: [] }],
    ['nics', { nics: [{ ...nic, mac: '02:00:00:00:00:02' }] }],
    ['nics', { nics: [{ ...nic, network: 'green' }] }],
    ['nics', { nics: [{ ...nic, checksumOffload: true }] }],
    ['console', { consoleLog: '/other.log' }],
    ['boot', { boot: { from: 'network' } }],
    ['boot', { boot: kernel }],
  ])('%s %o', (name, changes) => {
    expect(differences(model, found(changes)).map((difference) => difference.name)).toEqual([name]);
  });

  test('a kernel or a command line that is another one', () => {
    const installing = { ...model, boot: kernel };
    for (const changes of [{ kernel: '/other' }, { initrd: null }, { commandLine: 'console=ttyS1' }]) {
      const observed = found({ boot: { ...kernel, ...changes } });
      expect(differences(installing, observed).map(({ name }) => name)).toEqual(['boot']);
    }
  });

  test('with both values', () => {
    expect(differences(model, found({ memoryKib: 1024 }))).toEqual([
      { name: 'memory', wanted: '65536 KiB', found: '1024 KiB' },
    ]);
  });
});

describe('what a person changes with virsh edit', () => {
  test('a raw disk, and one on another unit', () => {
    const raw = found({}, (xml) => xml.replace('type="qcow2"', 'type="raw"'));
    const moved = found({}, (xml) => xml.replace('unit="1"', 'unit="7"'));
    expect([raw, moved].map((observed) => differences(model, observed).map(({ name }) => name))).toEqual([
      ['disks'],
      ['disks'],
    ]);
  });

  test('the reboot of an installer', () => {
    const observed = found({ boot: kernel }, (xml) =>
      xml.replace('<on_reboot>destroy</on_reboot>', '<on_reboot>restart</on_reboot>'),
    );
    expect(differences({ ...model, boot: kernel }, observed).map(({ name }) => name)).toEqual(['boot']);
  });

  test('an empty drive is no disk', () => {
    const drive = '<disk type="file" device="cdrom"><target dev="sdz" bus="scsi"/><readonly/></disk>';
    expect(
      differences(
        model,
        found({}, (xml) => xml.replace('<disk', `${drive}<disk`)),
      ),
    ).toEqual([]);
  });
});
