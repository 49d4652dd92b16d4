import { execFileSync } from 'node:child_process';
import { beforeAll, expect, it, onTestFinished } from 'vitest';
import { separateDaemonDirectories } from '../../../test/support/daemon-directories.ts';
import { LocalWeft } from '../../../test/support/local-weft.ts';
import { until } from '../../../test/support/until.ts';
import { runningDaemons, stopComputeDaemons } from '../../setup/daemons.mjs';

const prefer = { prefer: 'wait=120' };
const body = { bridge: 'br0', vlan: 10 };

/** Besides that of libvirt's own packages. */
function networks(): string[] {
  const words = ['--connect', 'qemu:///system', '--quiet', 'net-list', '--all'];
  const lines = execFileSync('virsh', words, { encoding: 'utf8' }).split('\n');
  return lines
    .map((line) => line.trim().replaceAll(/\s+/g, ' '))
    .filter((line) => line !== '' && !/^default /.test(line));
}

beforeAll(separateDaemonDirectories);

it('the first network starts the daemons that it needs, and they are started again after a reboot', async () => {
  onTestFinished(() => stopComputeDaemons());
  const weft = await LocalWeft.start();
  expect(await runningDaemons()).toEqual([]);
  const post = () => weft.request('POST', '/networks/a', body, prefer);
  expect(await post()).toMatchObject({ status: 422, body: { detail: 'Open vSwitch has no bridge br0' } });
  expect((await runningDaemons()).map(({ name }) => name)).toEqual([
    ...['virtlogd', 'libvirtd', 'ovsdb-server', 'ovs-vswitchd'],
  ]);
  execFileSync('ovs-vsctl', ['--timeout=60', 'add-br', 'br0', '--', 'set', 'bridge', 'br0', 'datapath_type=netdev']);
  expect((await post()).status).toBe(200);
  expect(networks()).toEqual(['a active yes yes']);

  await weft.stop();
  await stopComputeDaemons();
  await weft.restart();
  await until('libvirtd runs', async () => (await runningDaemons()).some(({ name }) => name === 'libvirtd'));
  await until('it is looked at', async () => {
    const { body: network } = await weft.request('GET', '/networks/a');
    const [busy] = await weft.sql('SELECT 1 FROM operation_subjects');
    return network.state === 'active' && busy === undefined;
  });
  expect(networks()).toEqual(['a active yes yes']);
  expect((await weft.request('DELETE', '/networks/a', undefined, prefer)).status).toBe(200);
  expect(networks()).toEqual([]);
});
