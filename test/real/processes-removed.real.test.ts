import { existsSync, globSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { startTime } from '../../executor/drivers/oci/runtime/processes.ts';
import { ContainerStage } from '../support/containers/stage.ts';
import { namespaces } from '../support/host.ts';
import { shared } from '../support/shared.ts';
import { until } from '../support/until.ts';

const stage = shared(() => ContainerStage.start({ times: { scan: 100, grace: 100 } }));

/** What the host has of a process: its layer and log, what describes it, its control groups. */
const remains = (owner: string) => {
  const { layers, run } = stage().paths;
  const files = [join(layers, owner), join(run, 'bundles', owner), join(run, 'exits', owner)].filter(existsSync);
  return [...files, ...globSync(`/sys/fs/cgroup/{*/,}weft-*/${owner}`)];
};

async function start(name: string) {
  await stage().put(name);
  const found = { owner: await stage().owner(name), pid: await stage().pid(name) };
  expect(remains(found.owner).length).toBeGreaterThan(2);
  return found;
}

it('a container that is deleted leaves nothing of its process', async () => {
  const { owner, pid } = await start('deleted');
  await stage().remove('deleted');
  expect([startTime(pid), remains(owner), namespaces()]).toEqual([null, [], []]);
});

it('a pool that is deleted leaves nothing of its processes', async () => {
  const cpoolList = [{ cpoolID: 'p', type: stage().image, start_with: 2, cins: [] }];
  await stage().must('POST', '/cpool', { cpoolList });
  const owners = [await stage().owner('p-1'), await stage().owner('p-2')];
  expect(owners.flatMap(remains).length).toBeGreaterThan(4);
  await stage().must('DELETE', '/cpool/p');
  expect([owners.flatMap(remains), namespaces()]).toEqual([[], []]);
});

it('a process whose container has no row any more is swept with its layer', async () => {
  const { owner, pid } = await start('lost');
  await stage().weft.sql("DELETE FROM containers WHERE name = 'lost'");
  await until('its process and its layer are gone', () => startTime(pid) === null && remains(owner).length === 0);
  await until('its namespace is gone', () => namespaces().length === 0);
});
