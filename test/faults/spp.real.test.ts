import { describe, expect, it } from 'vitest';
import type { StandIn } from '../stand-ins/spp/process.ts';
import { aPanel, ask } from '../support/panel.ts';
import { until } from '../support/until.ts';
import { surviveEveryHalt } from './halting.ts';
import { testEveryPlace } from './places.ts';
import { component, patch, port, ring } from './scenarios/spp.ts';

testEveryPlace('spp', { survive: surviveEveryHalt });

describe('a process that dies', () => {
  it.each<[string, (vf: StandIn) => void]>([
    // Refers to the command: a scan may request the status at any time.
    ['before it answers', (vf) => vf.faults.next({ kind: 'dieMidReply', bytes: 0 }, 'component start')],
    ['in the middle of its answer', (vf) => vf.faults.next({ kind: 'dieMidReply', bytes: 10 }, 'component start')],
  ])('%s ends the command with 500; reconnected, it gets what was set before, but not that', async (_name, arm) => {
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

  it('after it accepted the command, and before that was observed, gets it again when it reconnects', async () => {
    const { weft, nfv } = await aPanel('2020');
    await ask(weft, ...ring);
    // The command is answered; the following status request is not.
    nfv.faults.next({ kind: 'slow', milliseconds: 1 }, 'patch');
    nfv.faults.next({ kind: 'dieMidReply', bytes: 0 });
    expect((await ask(weft, ...patch)).status).toBe(204);
    await nfv.restart();
    await until('it is patched again', async () =>
      (await ask(weft, 'GET', '/v1/nfvs/2')).text.includes('"dst":"ring:0"'),
    );
  });
});
