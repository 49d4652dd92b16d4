import { expect, it } from 'vitest';
import { statement } from '../../schema/database/database.ts';
import { insertHypervisor, temporaryDatabase } from '../../test/support/database.ts';
import type { ProcessInfo } from '../drivers/spp/driver.ts';
import { noteGone, noteProcess } from './spp-processes.ts';

it('that a process is gone, written late, does not hide that it is back', async () => {
  const database = await temporaryDatabase();
  const hypervisor = await insertHypervisor(database);
  const info: ProcessInfo = {
    ...{ key: 1, type: 'nfv', generation: 1, address: '127.0.0.1:1', connectedAt: 0, messageSize: null },
    era: {
      ...{ handshake: 'json-typed', portSyntax: 'new', classifier: 'classifier' },
      ...{ fragile: false, forwardingPrimary: false },
    },
    status: { type: 'nfv', clientId: 1, running: false, ports: [], patches: [], masterCore: null, cores: [] },
  };
  const seen = (version: number) =>
    noteProcess(hypervisor, { process: 1, info, stale: false, told: new Set<string>(), version });
  const isConnected = async () => {
    const [rows] = await database.read([statement<{ connected: number }>('SELECT connected FROM spp_processes')]);
    return rows[0]?.connected === 1;
  };
  await database.write([seen(1), noteGone(hypervisor, 1, 2)]);
  expect(await isConnected()).toBe(false);
  await database.write([seen(1)]);
  expect(await isConnected()).toBe(false);
  await database.write([seen(4), noteGone(hypervisor, 1, 3)]);
  expect(await isConnected()).toBe(true);
  await database.write([noteGone(hypervisor, 1)]);
  expect(await isConnected()).toBe(false);
});
