import { execFile } from 'node:child_process';
import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { diskModel, domainModel } from '../../../../test/support/domain-model.ts';
import { removeDirectory } from '../../../../test/support/remove-directory.ts';
import { type NetworkModel, networkDifferences, networkXml, readNetwork } from '../../vlan-networks/xml.ts';
import { differences } from './difference.ts';
import type { DomainModel } from './model.ts';
import { readDomain } from './read.ts';
import { domainXml } from './write.ts';

/*
 * libvirt's own schema and parser, with its test driver, which needs no daemon and forgets everything with the connection. It
 * only takes domains of its own type.
 */

const run = promisify(execFile);

/** What virsh prints for a document that was defined after a check by libvirt's schema. */
async function definedAs(document: string, define: string, describe: string, name: string): Promise<string> {
  const directory = await mkdtemp(join(tmpdir(), 'weft-xml-'));
  onTestFinished(() => removeDirectory(directory));
  const file = join(directory, 'document.xml');
  await writeFile(file, document);
  const script = `${define} ${file} --validate; ${describe} ${name}`;
  const { stdout } = await run('virsh', ['--quiet', '--connect', 'test:///default', script]);
  return stdout.slice(stdout.indexOf('<'));
}

const kernel = { from: 'kernel', kernel: '/k', initrd: '/i', commandLine: 'console=ttyS0 a="b c" <&' } as const;

test.each<[string, Partial<DomainModel>]>([
  ['a disk and a NIC', {}],
  ['26 disks, a seed and no NIC', { disks: Array.from({ length: 26 }, (_, n) => diskModel(n)), seed: '/s', nics: [] }],
  ['boot from the network', { boot: { from: 'network' } }],
  ['an installer', { boot: kernel }],
  ['a kernel alone', { boot: { ...kernel, initrd: null, commandLine: '' } }],
  ['the processor of the host', { accelerator: 'kvm' }],
  ['checksum offload', { nics: [{ mac: '02:00:00:00:00:01', network: 'blue', checksumOffload: true }] }],
])('libvirt takes a domain as it is meant: %s', async (_, changes) => {
  const model = domainModel(changes);
  const document = domainXml(model).replace(/^<domain type="(?:qemu|kvm)"/, '<domain type="test"');
  const observed = readDomain(await definedAs(document, 'define', 'dumpxml', model.name));
  expect(differences(model, observed).map(({ name }) => name)).toEqual(['accelerator']);
  expect(observed.accelerator).toBe('test');
});

test('libvirt takes a network as it is meant, and keeps whose it is', async () => {
  const model: NetworkModel = {
    uuid: '6a0d9c40-5c3e-4f6a-9d0c-0f6a4b1c2d3e',
    name: 'a_.:-Z',
    owner: 'weft:0f6a/blue',
    generation: 2,
    bridge: 'br-blue',
    vlan: 4094,
  };
  const observed = readNetwork(await definedAs(networkXml(model), 'net-define', 'net-dumpxml', model.name));
  expect(networkDifferences(model, observed)).toEqual([]);
});
