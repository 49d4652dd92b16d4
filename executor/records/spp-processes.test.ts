import { expect, it } from 'vitest';
import { type Database, statement } from '../../schema/database/database.ts';
import { eraOf } from '../drivers/spp/era.ts';
import { hypervisorId, openDatabase } from '../loop/testing.ts';
import type { SeenProcess } from '../peers/spp-processes.ts';
import { noteGone, noteProcess } from './spp-processes.ts';

const seen = (version: number): SeenProcess => ({
  process: 1,
  stale: false,
  told: new Set(),
  version,
  info: {
    key: 1,
    type: 'vf',
    era: eraOf('json-typed', '{}'),
    messageSize: null,
    generation: 1,
    address: `192.0.2.1:${version}`,
    connectedAt: 0,
    status: {
      type: 'vf',
      clientId: 1,
      masterCore: 0,
      ports: { phy: [], vhost: [], ring: [] },
      components: [],
      idleCores: [],
      classifiers: [],
    },
  },
});

async function row(database: Database): Promise<unknown> {
  const [rows] = await database.read([statement('SELECT connected, address FROM spp_processes')]);
  return rows[0];
}

it('a write that is executed late changes nothing of what was seen after it', async () => {
  const database = await openDatabase();
  const [late, middle, last] = [
    noteGone(hypervisorId, 1, 1),
    noteProcess(hypervisorId, seen(2)),
    noteGone(hypervisorId, 1, 3),
  ];
  await database.write([middle, late]);
  expect(await row(database)).toEqual({ connected: 1, address: '192.0.2.1:2' });
  await database.write([last, middle]);
  expect(await row(database)).toEqual({ connected: 0, address: '192.0.2.1:2' });
});
