import { expect, it } from 'vitest';
import { temporaryDatabase } from '../../../test/support/database.ts';
import { type Database, statement } from '../../database/database.ts';
import { noteGone, noteProcess, type SeenProcess } from './processes.ts';

const hypervisorId = '01900000-0000-7000-8000-000000000001';

const seen = (version: number): SeenProcess => ({
  process: 1,
  stale: false,
  version,
  info: {
    type: 'vf',
    address: `192.0.2.1:${version}`,
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

it('a write that is executed late does not overwrite a later observation', async () => {
  const database = await temporaryDatabase();
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
