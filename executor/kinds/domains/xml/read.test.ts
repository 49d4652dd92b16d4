import { describe, expect, test } from 'vitest';
import { domainModel } from '../../../../test/support/domain-model.ts';
import { differences } from './difference.ts';
import { readDomain } from './read.ts';

/** What libvirt 9.0 says of a running domain of ours, without controllers and PCI addresses. */
const LIVE = `<domain type='qemu' id='1'>
  <name>web1.example.com</name>
  <uuid>6a0d9c40-5c3e-4f6a-9d0c-0f6a4b1c2d3e</uuid>
  <metadata>
    <weft:domain xmlns:weft="urn:weft:domain:1" owner="weft:0f6a/web1" generation="3"/>
    <libosinfo:libosinfo xmlns:libosinfo="http://libosinfo.org/xmlns/libvirt/domain/1.0"/>
  </metadata>
  <memory unit='KiB'>65536</memory>
  <currentMemory unit='KiB'>32768</currentMemory>
  <vcpu placement='static'>2</vcpu>
  <resource>
    <partition>/machine</partition>
  </resource>
  <os>
    <type arch='x86_64' machine='pc-q35-7.2'>hvm</type>
    <boot dev='hd'/>
  </os>
  <cpu mode='maximum' check='none'/>
  <on_poweroff>destroy</on_poweroff>
  <on_reboot>restart</on_reboot>
  <on_crash>destroy</on_crash>
  <devices>
    <emulator>/usr/bin/qemu-system-x86_64</emulator>
    <disk type='file' device='disk'>
      <driver name='qemu' type='qcow2' error_policy='enospace' discard='unmap'/>
      <source file='/var/lib/weft/disks/6a0d9c40-5c3e-4f6a-9d0c-0f6a4b1c2d3e-0.qcow2' index='2'/>
      <backingStore/>
      <target dev='sda' bus='scsi'/>
      <serial>weft-0</serial>
      <alias name='scsi0-0-0-0'/>
      <address type='drive' controller='0' bus='0' target='0' unit='0'/>
    </disk>
    <interface type='bridge'>
      <mac address='02:00:00:00:00:01'/>
      <source network='blue' portid='770782c5-fccb-41ed-b61a-47ba6f0fe687' bridge='br0'/>
      <vlan>
        <tag id='12'/>
      </vlan>
      <virtualport type='openvswitch'>
        <parameters interfaceid='4a5bd3a4-5a2b-4d5e-8a5e-6a4d3b3c2b1a'/>
      </virtualport>
      <target dev='vnet0'/>
      <model type='virtio'/>
      <driver name='qemu'>
        <host csum='off' gso='off' tso4='off' tso6='off' ecn='off' ufo='off'/>
        <guest csum='off' tso4='off' tso6='off' ecn='off' ufo='off'/>
      </driver>
      <alias name='net0'/>
    </interface>
    <serial type='pty'>
      <source path='/dev/pts/0'/>
      <log file='/var/lib/weft/consoles/web1.log' append='on'/>
      <target type='isa-serial' port='0'>
        <model name='isa-serial'/>
      </target>
      <alias name='serial0'/>
    </serial>
    <panic model='isa'/>
  </devices>
  <seclabel type='dynamic' model='dac' relabel='yes'>
    <label>+64055:+64055</label>
  </seclabel>
</domain>`;

test('a running domain is as wanted, whatever libvirt adds', () => {
  const observed = readDomain(LIVE);
  expect(differences(domainModel(), observed)).toEqual([]);
  expect(observed.nics).toEqual([{ mac: '02:00:00:00:00:01', network: 'blue', tap: 'vnet0', checksumOffload: false }]);
});

/** As virt-install makes one. */
const FOREIGN = `<domain type='kvm'>
  <name>a &amp; b</name>
  <uuid>0f6a4b1c-5c3e-4f6a-9d0c-6a0d9c402d3e</uuid>
  <metadata>
    <weft:domain xmlns:weft="urn:other" owner="weft:0f6a/web1" generation="3"/>
  </metadata>
  <memory unit='GiB'>2</memory>
  <vcpu placement='static' current='1'>4</vcpu>
  <os>
    <type arch='x86_64' machine='pc-i440fx-7.2'>hvm</type>
    <boot dev='cdrom'/>
    <boot dev='hd'/>
  </os>
  <devices>
    <disk type='volume' device='disk'>
      <driver name='qemu' type='raw'/>
      <source pool='default' volume='a.img'/>
      <target dev='vda' bus='virtio'/>
      <address type='pci' domain='0x0000' bus='0x04' slot='0x00' function='0x0'/>
    </disk>
    <disk type='block' device='lun'>
      <source dev='/dev/sdz'/>
      <target dev='sda' bus='scsi'/>
      <address type='drive' controller='1' bus='0' target='3' unit='5'/>
    </disk>
    <disk type='network' device='disk'>
      <source protocol='rbd' name='pool/image'/>
      <target dev='vdb' bus='virtio'/>
    </disk>
    <disk type='file' device='cdrom'>
      <target dev='hda' bus='ide'/>
      <readonly/>
    </disk>
    <interface type='user'>
      <mac address='52:54:00:AA:BB:CC'/>
    </interface>
    <interface type='bridge'>
      <mac address='52:54:00:aa:bb:cd'/>
      <source bridge='br0'/>
      <target dev='tap7'/>
    </interface>
  </devices>
</domain>`;

test('a domain of others', () => {
  expect(readDomain(FOREIGN)).toEqual({
    uuid: '0f6a4b1c-5c3e-4f6a-9d0c-6a0d9c402d3e',
    name: 'a & b',
    owner: null,
    generation: null,
    accelerator: 'kvm',
    memoryKib: 2 * 1024 ** 2,
    vcpus: 4,
    disks: [
      { device: 'disk', source: 'default/a.img', format: 'raw', target: 'vda', ...none },
      { device: 'lun', source: '/dev/sdz', format: null, target: 'sda', ...none, unit: 5 },
      { device: 'disk', source: null, format: null, target: 'vdb', ...none },
      { device: 'cdrom', source: null, format: null, target: 'hda', ...none, readOnly: true },
    ],
    nics: [
      { mac: '52:54:00:aa:bb:cc', network: null, tap: null, checksumOffload: true },
      { mac: '52:54:00:aa:bb:cd', network: null, tap: 'tap7', checksumOffload: true },
    ],
    consoleLog: null,
    boot: { devices: ['cdrom', 'hd'], kernel: null, initrd: null, commandLine: '' },
    onReboot: 'restart',
  });
});

const none = { serial: null, unit: null, readOnly: false };

describe('memory', () => {
  test.each([
    ['', '64', 64],
    [" unit='b'", '1025', 2],
    [" unit='bytes'", '2048', 2],
    [" unit='KB'", '1024', 1000],
    [" unit='k'", '64', 64],
    [" unit='KiB'", '64', 64],
    [" unit='M'", '2', 2048],
    [" unit='MB'", '1024', 1_000_000],
    [" unit='MiB'", '2', 2048],
    [" unit='GB'", '1', 976_563],
    [" unit='TiB'", '1', 1024 ** 3],
  ])('<memory%s>%s</memory>', (unit, amount, kibibytes) => {
    const text = `<domain><name>a</name><uuid>b</uuid><memory${unit}>${amount}</memory></domain>`;
    expect(readDomain(text).memoryKib).toBe(kibibytes);
  });
});

test.each([
  '',
  '<domain><name>a</name></domain>',
  '<domain><uuid>a</uuid></domain>',
  '<pool><name>a</name><uuid>b</uuid></pool>',
])('what is no domain is malformed: %s', (text) => {
  expect(() => readDomain(text)).toThrow(expect.objectContaining({ code: 'malformed' }));
});
