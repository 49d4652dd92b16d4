import { afterAll, describe, expect, it } from 'vitest';
import type { StandIn } from '../stand-ins/spp/process.ts';
import { anNfv, aPanel, ask, aVf, connected } from '../support/panel.ts';
import { until } from '../support/until.ts';
import type { Weft } from '../support/weft.ts';
import { type Act, surviveEveryKill } from './harness.ts';

/** The stand-ins of the running test: they outlive weft, as the real processes do. */
let processes: StandIn[] = [];

async function endProcesses(): Promise<void> {
  await Promise.all(processes.map((process) => process.close()));
  processes = [];
}

const prepared =
  (...requests: readonly (readonly [string, string, unknown?])[]): Act =>
  async (weft) => {
    await endProcesses();
    // Those of the run before may have found this weft, too.
    await connected(weft, 0);
    processes = [aVf('2020', 1), anNfv('2020', 2)];
    await connected(weft, 2);
    for (const [method, path, body] of requests) {
      expect({ path, ...(await ask(weft, method, path, body)) }).toMatchObject({ path, status: 204 });
    }
  };

const command =
  (method: string, path: string, body?: unknown): Act =>
  async (weft) => {
    await connected(weft, 2);
    await ask(weft, method, path, body);
  };

/** Everything that a process was told to do: not twice, and nothing that was not asked for. */
async function told(weft: Weft): Promise<unknown> {
  await connected(weft, 2);
  return processes.map(({ commands }) => commands.filter((each) => each !== 'status' && each !== '_get_client_id'));
}

const component = ['POST', '/v1/vfs/1/components', { name: 'cls', core: 2, type: 'classifier_mac' }] as const;
const port = ['PUT', '/v1/vfs/1/components/cls/ports', { action: 'attach', port: 'ring:1', dir: 'tx' }] as const;
const entry = [
  'PUT',
  '/v1/vfs/1/classifier_table',
  { action: 'add', type: 'mac', mac_address: 'FA:16:3E:7D:CC:35', port: 'ring:1' },
] as const;
const ring = ['PUT', '/v1/nfvs/2/ports', { action: 'add', port: 'ring:0' }] as const;
const patch = ['PUT', '/v1/nfvs/2/patches', { src: 'phy:0', dst: 'ring:0' }] as const;

let kills = 0;
afterAll(() => console.log(`note: killed at ${kills} places`));

describe('weft killed before and after each command: no process is told twice, and the rows are as if nothing had happened:', () => {
  it.each<[string, Act, Act]>([
    ['start a component', prepared(), command(...component)],
    ['attach a port', prepared(component), command(...port)],
    ['add to the classifier', prepared(component, port), command(...entry)],
    ['stop a component', prepared(component, port), command('DELETE', '/v1/vfs/1/components/cls')],
    ['add a port', prepared(), command(...ring)],
    ['patch', prepared(ring), command(...patch)],
    ['forward', prepared(ring, patch), command('PUT', '/v1/nfvs/2/forward', { action: 'start' })],
    ['reset the patches', prepared(ring, patch), command('DELETE', '/v1/nfvs/2/patches')],
    [
      'a command that is refused',
      prepared(),
      command('POST', '/v1/vfs/1/components', { name: 'far', core: 99, type: 'merge' }),
    ],
  ])('%s', async (_name, prepare, act) => {
    const places = await surviveEveryKill({ prepare, act, outcome: told });
    expect(places.length).toBeGreaterThan(0);
    kills += places.length;
    await endProcesses();
  });
});

describe('a process that dies', () => {
  it.each<[string, (vf: StandIn) => void]>([
    ['before it answers', (vf) => vf.faults.next({ kind: 'dieMidReply', bytes: 0 })],
    ['in the middle of its answer', (vf) => vf.faults.next({ kind: 'dieMidReply', bytes: 10 })],
  ])('%s ends the command with 500; back again, it gets all that was set before, and not that', async (_name, arm) => {
    const { weft, vf } = await aPanel('2020');
    await ask(weft, ...component);
    await ask(weft, ...port);
    arm(vf);
    const answer = await ask(weft, 'POST', '/v1/vfs/1/components', { name: 'second', core: 3, type: 'forward' });
    expect(answer).toMatchObject({ status: 500, type: 'text/plain; charset=utf-8' });
    const before = vf.commands.length;
    await vf.restart();
    const again = () => vf.commands.slice(before).filter((each) => each !== 'status' && each !== '_get_client_id');
    const all = ['component start cls 2 classifier', 'port add ring:1 tx cls'];
    await until('it has been told everything again', () => again().length === all.length);
    await until('it is seen to have it', async () => (await ask(weft, 'GET', '/v1/vfs/1')).text.includes('"ring:1"'));
    expect(again()).toEqual(all);
    expect(await weft.sql('SELECT component, state FROM v_spp_components')).toEqual([
      { component: 'cls', state: 'set' },
    ]);
  });

  it('after it took the command, and before that was seen, has taken it: it gets it again when it is back', async () => {
    const { weft, nfv } = await aPanel('2020');
    await ask(weft, ...ring);
    // The command is answered; the question after it is not.
    nfv.faults.next({ kind: 'slow', milliseconds: 1 });
    nfv.faults.next({ kind: 'dieMidReply', bytes: 0 });
    expect((await ask(weft, ...patch)).status).toBe(204);
    await nfv.restart();
    await until('it is patched again', async () =>
      (await ask(weft, 'GET', '/v1/nfvs/2')).text.includes('"dst":"ring:0"'),
    );
  });
});
