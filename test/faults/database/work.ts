import { waiting } from '../../conformance/example.ts';
import { type StandIn, startVf } from '../../stand-ins/spp/process.ts';
import { associate } from '../../support/associations.ts';
import { ip, linkNames, picture } from '../../support/host.ts';
import { ask, connected, SECONDARY_PORT } from '../../support/panel.ts';
import { until } from '../../support/until.ts';
import { called, type DatabaseScenario, hostIsAs } from '../database-scenario.ts';
import type { Lab } from '../lab.ts';
import { component } from '../scenarios/spp.ts';

const asynchronous = { prefer: 'respond-async' };

/** One request that waits for its operation; returns the status. */
async function ended(lab: Lab, method: string, path: string, body?: unknown): Promise<string> {
  const { status } = await lab.request(method, path, body, waiting);
  return `${method} ${path} ${status}`;
}

/** During a join, the opposite operation is requested and cancelled. */
async function cancelPending(lab: Lab): Promise<string[]> {
  const release = Promise.withResolvers<void>();
  const reached = Promise.withResolvers<void>();
  lab.steps.onPlace = (place) => {
    if (place !== 'veth.create:before') return undefined;
    reached.resolve();
    return release.promise;
  };
  const progress = called(lab, 'progress');
  const joining = ended(lab, 'PUT', '/host/host1/d/lan');
  await reached.promise;
  const renewed = called(lab, 'renew');
  const leave = await lab.request<{ id: string }>('DELETE', '/host/host1/d/lan', undefined, asynchronous);
  const cancelled = await ended(lab, 'POST', `/operations/${leave.body.id}/cancel`);
  await Promise.all([progress(), renewed()]);
  lab.steps.onPlace = () => undefined;
  release.resolve();
  return [await joining, cancelled.replace(leave.body.id, 'leave')];
}

async function failAndUndo(lab: Lab): Promise<string> {
  await lab.request('POST', '/cen/import', { cenList: [{ cenID: 'bad', containerIDs: ['e', 'f', 'g'] }] });
  lab.steps.failing = 'bridge.create:always';
  const failed = await ended(lab, 'POST', '/cen/make', ['bad']);
  lab.steps.failing = undefined;
  return failed;
}

/** A link that is deleted manually is created again. */
async function repair(lab: Lab): Promise<void> {
  const before = picture();
  const [outside] = linkNames(null).filter((name) => name.startsWith('a.'));
  ip('link', 'delete', outside ?? '');
  await until('it is repaired', async () => {
    const [row] = await lab.sql("SELECT 1 FROM operations WHERE kind = 'cen.repair' AND status = 'succeeded'");
    return row !== undefined;
  });
  await hostIsAs(before);
}

/** An operator requests the removal of orphans. */
async function sweep(lab: Lab): Promise<string> {
  const [database] = await lab.sql<{ id: string }>('SELECT id FROM database');
  ip('link', 'add', 'lost', 'type', 'bridge');
  ip('link', 'set', 'lost', 'alias', `weft:${database?.id}/01900000-0000-7000-8000-000000000000 lost`);
  const swept = await ended(lab, 'DELETE', '/hypervisors/host1/orphans');
  await until('it is gone', () => !linkNames(null).includes('lost'));
  return swept;
}

/** A process that is restarted gets the commands that were set on it. */
async function replay(lab: Lab, vf: StandIn): Promise<number> {
  const [method, path, body] = component;
  const { status } = await ask(lab, method, path, body);
  const before = vf.commands.length;
  await vf.restart();
  await until('it was told again', () => vf.commands.slice(before).some((each) => each.startsWith('component start')));
  await until('its replay has ended', async () => {
    const [row] = await lab.sql("SELECT 1 FROM operations WHERE kind = 'spp.replay' AND status = 'succeeded'");
    return row !== undefined;
  });
  return status;
}

async function prune(lab: Lab): Promise<void> {
  const oldest = 'sequence = (SELECT min(sequence) FROM events)';
  const [event] = await lab.sql<{ sequence: number }>(`UPDATE events SET at_ms = 1 WHERE ${oldest} RETURNING sequence`);
  await until('an old event is gone', async () => {
    const [row] = await lab.sql(`SELECT 1 FROM events WHERE sequence = ${event?.sequence}`);
    return row === undefined;
  });
}

/** If the executor has lost an operation, its heartbeat is part of a renewal. */
async function beat(lab: Lab): Promise<void> {
  await Promise.race([called(lab, 'heartbeat')(), called(lab, 'renew', 10)()]);
}

async function clear(lab: Lab): Promise<void> {
  await ask(lab, 'DELETE', '/v1/vfs/1/components/cls');
  await associate(lab, { 1: null });
  for (const cen of ['lan', 'bad']) await ended(lab, 'DELETE', `/cen/${cen}`);
  for (const name of ['a', 'b', 'c', 'd', 'e', 'f', 'g']) await ended(lab, 'DELETE', `/host/host1/${name}`);
}

/** The process that outlives the runs. */
let vf: StandIn | undefined;

/** Exercises everything that an executor does, on request and automatically. */
export const work: DatabaseScenario = {
  times: { scan: 100, prune: 50, heartbeat: 60 },
  async prepare(lab) {
    const started = startVf({ era: '2020', port: SECONDARY_PORT, clientId: 1, cores: [2, 3], reconnectMs: 20 });
    vf = started;
    await connected(lab, 1);
    return () => started.close();
  },
  async run(lab) {
    if (!vf) throw new Error('not prepared');
    const scanned = called(lab, 'scan.held');
    await lab.request('POST', '/cen/import', { cenList: [{ cenID: 'lan', containerIDs: ['a', 'b', 'c'] }] });
    const answers = [await ended(lab, 'POST', '/cen/make', ['lan'])];
    answers.push(...(await cancelPending(lab)), await ended(lab, 'DELETE', '/host/host1/d/lan'));
    answers.push(await failAndUndo(lab));
    await repair(lab);
    answers.push(await ended(lab, 'POST', '/hypervisors/host1/resync'), await sweep(lab));
    await associate(lab, { 1: 'br1' });
    answers.push(`spp ${await replay(lab, vf)}`);
    await Promise.all([prune(lab), scanned(), beat(lab)]);
    return answers;
  },
  clear,
};
