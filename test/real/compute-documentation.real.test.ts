import { expect, it } from 'vitest';
import { runExamples } from '../support/examples.ts';
import { NetworkHost } from '../support/network-host.ts';
import { Weft } from '../support/weft.ts';

it('the commands of docs/compute.md do what they say, and leave nothing in libvirt', async () => {
  const host = await NetworkHost.start();
  // The page uses 127.0.0.1:8080, which is free in the test's own network namespace.
  const weft = await Weft.prepare(8080);
  await weft.start(host.environment);
  // For virsh(1) and ovs-vsctl(8).
  const own = { LIBVIRT_DEFAULT_URI: host.environment.WEFT_LIBVIRT_URI, OVS_RUNDIR: host.ovs.directory };
  runExamples('docs/compute.md', own);
  expect(await host.networks()).toEqual([]);
});
