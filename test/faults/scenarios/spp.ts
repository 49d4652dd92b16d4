import { expect } from 'vitest';
import type { StandIn } from '../../stand-ins/spp/process.ts';
import type { Instance } from '../../support/instance.ts';
import { anNfv, ask, aVf, connected } from '../../support/panel.ts';
import type { Act, Scenario, Scenarios } from '../scenario.ts';

/** The stand-ins of the running test: they outlive weft, like real processes. */
let processes: StandIn[] = [];

async function clear(): Promise<void> {
  await Promise.all(processes.map((process) => process.close()));
  processes = [];
}

type Request = readonly [method: string, path: string, body?: unknown];

const prepared =
  (...requests: readonly Request[]): Act =>
  async (weft) => {
    await clear();
    // Those of the previous run may have connected to this weft, too.
    await connected(weft, 0);
    processes = [aVf('2020', 1), anNfv('2020', 2)];
    await connected(weft, 2);
    for (const [method, path, body] of requests) {
      expect({ path, ...(await ask(weft, method, path, body)) }).toMatchObject({ path, status: 204 });
    }
  };

/** All commands that a process received: none twice, and none that was not requested. */
async function told(weft: Instance): Promise<unknown> {
  await connected(weft, 2);
  return processes.map(({ commands }) => commands.filter((each) => each !== 'status' && each !== '_get_client_id'));
}

function command(before: readonly Request[], ...[method, path, body]: Request): Scenario {
  const act: Act = async (weft) => {
    await connected(weft, 2);
    await ask(weft, method, path, body);
  };
  return { prepare: prepared(...before), act, outcome: told, clear };
}

export const component = ['POST', '/v1/vfs/1/components', { name: 'cls', core: 2, type: 'classifier_mac' }] as const;
export const port = ['PUT', '/v1/vfs/1/components/cls/ports', { action: 'attach', port: 'ring:1', dir: 'tx' }] as const;
const entry = [
  'PUT',
  '/v1/vfs/1/classifier_table',
  { action: 'add', type: 'mac', mac_address: 'FA:16:3E:7D:CC:35', port: 'ring:1' },
] as const;
export const ring = ['PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring:0' }] as const;
export const patch = ['PUT', '/v1/nfvs/2/patches', { src: 'phy:0', dst: 'ring:0' }] as const;

export const sppRows = [
  "SELECT 'spp ' || kind, json_array(name, spec, state, error, process) FROM spp_items",
  "SELECT 'process', json_array(process, status, body, connected, stale) FROM spp_processes",
];

export const spp: Scenarios = {
  'start a component': command([], ...component),
  'attach a port': command([component], ...port),
  'add to the classifier': command([component, port], ...entry),
  'stop a component': command([component, port], 'DELETE', '/v1/vfs/1/components/cls'),
  'add a port': command([], ...ring),
  patch: command([ring], ...patch),
  forward: command([ring, patch], 'PUT', '/v1/nfvs/2/forward', { action: 'start' }),
  'reset the patches': command([ring, patch], 'DELETE', '/v1/nfvs/2/patches'),
  'a command that is refused': command([], 'POST', '/v1/vfs/1/components', { name: 'far', core: 99, type: 'merge' }),
};
