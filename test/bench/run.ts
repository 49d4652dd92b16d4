import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/* `npm run bench`: the figures of docs/performance.md, on this machine. */

/* QEMUs become children of tini(1), as those of a libvirtd that weft starts do: libvirt waits until one is reaped. */
const enter = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec tini -s -- "$@"';

if (process.getuid?.() !== 0) {
  console.error('weft: the benchmarks make network namespaces: run them as root');
  process.exit(1);
}
for (const [title, file] of [
  ['End to end', 'api.ts'],
  ['One network of a thousand containers', 'one-network.ts'],
  ['A pool of two hundred containers', 'pools.ts'],
  ['A pool of two hundred containers that run busybox', 'pool-processes.ts'],
  ['Five hundred monitors', 'monitor.ts'],
  ['One container beside five thousand', 'full-host.ts'],
  ['A large import', 'import.ts'],
  ['Durable writes', 'accepts.ts'],
  ['The netns driver alone', 'netns.ts'],
  ['Observation of 5,000 containers', 'observation.ts'],
  ['A full scan: rows, host, plan and orphans', 'full-scan.ts'],
  ['A long history', 'history.ts'],
  ['Lists and allocations in large tables', 'lists.ts'],
  ['Soft Patch Panel', 'spp.ts'],
  ['A virtual machine made and deleted', 'domains.ts'],
  ['The list of five hundred virtual machines', 'host-list.ts'],
  ['A thousand ports of Open vSwitch', 'ovs-ports.ts'],
  ['Memory', 'memory.ts'],
] as const) {
  console.log(`\n${title}\n`);
  const program = fileURLToPath(new URL(file, import.meta.url));
  const command = ['--mount', '--net', '--propagation', 'private', 'sh', '-c', enter, 'sh', process.execPath, program];
  const { status } = spawnSync('unshare', command, { stdio: 'inherit' });
  if (status !== 0) process.exitCode = 1;
}
