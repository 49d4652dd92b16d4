import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { expect, onTestFinished } from 'vitest';
import { makeBootable, obeying } from '../../support/domains/boot-sector.ts';
import { clearLibvirt } from '../../support/domains/host.ts';
import type { Instance } from '../../support/instance.ts';
import { LibvirtDaemon, virsh } from '../../support/libvirt-daemon.ts';
import { until } from '../../support/until.ts';
import { type Act, inOrder, nothing, request, type Scenario, type Scenarios } from '../scenario.ts';

/** The libvirtd of the running test: it outlives weft. */
let daemon: LibvirtDaemon | undefined;

function running(): LibvirtDaemon {
  if (daemon === undefined) throw new Error('libvirtd was not started');
  return daemon;
}

/** Of a libvirt that has nothing. */
async function environment(): Promise<Record<string, string>> {
  if (daemon === undefined) {
    const started = await LibvirtDaemon.start();
    daemon = started;
    onTestFinished(async () => {
      daemon = undefined;
      await started.stop();
    });
  }
  await clearLibvirt(daemon);
  return { WEFT_LIBVIRT_URI: `qemu+unix:///system?socket=${daemon.socket}` };
}

export const domainsRows = [
  "SELECT 'domain', json_array(name, spec, applied_spec, desired, state, reason, error) FROM domains",
  "SELECT 'disk', json_array(position, size) FROM domain_disks",
  "SELECT 'domain of others', json_array(name, state) FROM foreign_domains",
  "SELECT 'reservation', json_array(memory, disk, cpu) FROM reservations",
];

const anonymous = (text: string) => text.replaceAll(/[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'id');
const lines = async (...words: readonly string[]) =>
  (await virsh(running(), ...words)).output.split('\n').filter((line) => line.trim() !== '');

/** All that virsh says of domains and pools, and the files beside them. */
async function outcome({ stateDirectory }: Instance): Promise<unknown> {
  const names = await lines('list', '--all', '--name');
  const domains = await Promise.all(
    names.map(async (name) => ({ name, info: (await lines('dominfo', name)).filter((line) => !passing.test(line)) })),
  );
  const files = ['disks', 'logs'].map((directory) => {
    const path = join(stateDirectory, directory);
    return existsSync(path) ? readdirSync(path).map(anonymous).sort() : [];
  });
  return { domains, files, pools: (await lines('pool-list', '--all', '--details')).map(poolOf) };
}

const passing = /^(Id|UUID|CPU time|Used memory):/;
const poolOf = (line: string) => anonymous(line).trim().split(/\s+/).slice(0, 4).join(' ');

function scenario(prepare: Act, act: Act, more: Partial<Scenario> = {}): Scenario {
  return {
    ...{ environment, outcome, prepare, act },
    // What libvirt has outlives the rows: each run begins without both.
    clear: async () => undefined,
    ...more,
  };
}

const body = { memory: 16, disks: [1, 1], networks: [] };
const create = request('POST', '/hosts/a', body);
const off = request('POST', '/hosts/a', { ...body, start: false });
const action = (name: string) => request('PUT', `/hosts/a/${name}`);
const resync = request('POST', '/hypervisors/host1/resync', {});

const bootable: Act = async ({ stateDirectory }) => {
  const disks = join(stateDirectory, 'disks');
  for (const name of readdirSync(disks)) makeBootable(join(disks, name), obeying);
};

/** A change with virsh, until its repair has ended. */
const byHand =
  (...words: readonly string[]): Act =>
  async (weft) => {
    await virsh(running(), ...words);
    const repaired = "SELECT 1 FROM operations WHERE kind = 'domain.repair' AND finished_ms IS NOT NULL";
    await until('it is repaired', async () => weft.hasEnded || (await weft.sql(repaired)).length > 0);
  };

/** No event tells of it. */
const libvirtStarts: Act = async () => {
  await virsh(running(), 'autostart', 'a');
};

/** The guest of the only domain dies, until there is another one. */
const crash: Act = async (weft) => {
  const [pid] = running().guests();
  if (pid === undefined) throw new Error('there is no guest');
  process.kill(pid, 'SIGKILL');
  const seen = "SELECT 1 FROM operations WHERE kind = 'domain.repair' AND finished_ms IS NOT NULL";
  await until('it is started again', async () => weft.hasEnded || (await weft.sql(seen)).length > 0);
};

/** Without a definition, a volume or a log. */
async function nothingLeft(weft: Instance): Promise<unknown> {
  const left = await outcome(weft);
  expect(left).toMatchObject({ domains: [], files: [[], []] });
  return left;
}

export const domains: Scenarios = {
  'make one': scenario(nothing, create),
  'make one that fails': scenario(nothing, create, { failing: 'domain.start:always', outcome: nothingLeft }),
  'start and end one': scenario(off, inOrder(action('start'), action('destroy'))),
  'suspend and resume one': scenario(create, inOrder(action('suspend'), action('resume'))),
  'shut one down': scenario(inOrder(off, bootable, action('start')), action('shutdown')),
  'change the memory of one': scenario(off, request('PATCH', '/hosts/a', { memory: 32 })),
  'delete one': scenario(create, request('DELETE', '/hosts/a')),
  'repair of one that is undefined': scenario(off, byHand('undefine', 'a')),
  'repair of one that libvirtd would start': scenario(off, inOrder(libvirtStarts, resync)),
  'repair of one that crashes': scenario(create, crash),
};
