import { describe, expect, it } from 'vitest';
import { startTime } from '../../executor/drivers/oci/runtime/processes.ts';
import { viewProcesses } from '../../executor/drivers/oci/runtime/view.ts';
import { addresses } from '../support/addressing.ts';
import { ContainerStage } from '../support/containers/stage.ts';
import { ip, namespaces, pings } from '../support/host.ts';
import { shared } from '../support/shared.ts';

const stage = shared(() => ContainerStage.start());

const names = (size: number) => Array.from({ length: size }, (_, index) => `p-${index + 1}`);

/** As old clients ask: they send no preference, and wait for the answer. */
async function scale(start_with: number): Promise<void> {
  const cpoolList = [{ cpoolID: 'p', type: stage().image, start_with, cins: [{ cinID: 'net' }] }];
  const { status, body } = await stage().weft.request('POST', '/cpool', { cpoolList });
  expect([status, body]).toMatchObject([200, { cpoolList: [{ containers: { length: start_with } }] }]);
}

/** What weft says of the pool's containers, and which processes the host has for them, without waiting for anything. */
async function now() {
  const rows = await stage().weft.sql<{ id: string; name: string }>(
    'SELECT id, name FROM containers WHERE pool IS NOT NULL ORDER BY name',
  );
  const processes = viewProcesses(
    stage().paths.run,
    rows.map(({ id }) => id),
  );
  const states = await stage().weft.sql('SELECT container, process_state FROM v_containers ORDER BY container');
  const running = rows.filter(({ id }) => startTime(processes.get(id)?.pid ?? 0) !== null).map(({ name }) => name);
  return { states, running };
}

/** What stays of a container as long as it is kept. */
async function identity(name: string) {
  const pid = await stage().pid(name);
  const { started, restarts } = await stage().get(name);
  const interfaces = ip('-n', name, '-oneline', 'link', 'show', 'net').split('\\')[0];
  return { pid, since: startTime(pid), started, restarts, addresses: addresses(name), interfaces };
}

describe('a pool of an image', () => {
  it('is answered when all of its containers run', async () => {
    await scale(5);
    const { states, running } = await now();
    expect(states).toEqual(names(5).map((container) => ({ container, process_state: 'running' })));
    expect(running).toEqual(names(5));
    await scale(7);
    expect((await now()).running).toEqual(names(7));
    await stage().must('DELETE', '/cpool/p');
  });

  it('that is scaled down and up keeps process, start, address and interface of those who stay', async () => {
    await scale(4);
    const kept = [await identity('p-1'), await identity('p-2')];
    const gone = await identity('p-4');
    expect(kept[0]).toMatchObject({ since: expect.any(String), started: expect.any(String), addresses: { length: 1 } });
    await scale(2);
    expect(namespaces()).toEqual(names(2));
    expect(startTime(gone.pid)).toBeNull();
    expect([await identity('p-1'), await identity('p-2')]).toEqual(kept);
    await scale(5);
    expect(namespaces()).toEqual(names(5));
    expect([await identity('p-1'), await identity('p-2')]).toEqual(kept);
    expect((await identity('p-4')).pid).not.toBe(gone.pid);
    expect(pings('p-1', addresses('p-5')[0]?.split(/[ /]/)[1] ?? '')).toBe(true);
    await stage().must('DELETE', '/cpool/p');
  });
});
